/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record as GitHub Actions shows it: annotations on the run's page, and a job summary.
 */
#pragma once

#include "judge/record.h"

/*
 * Workflow commands, one line each: an error for every test and every guest that was not good, a
 * warning where the harness could not find out. Empty for a PASS. Caller frees.
 */
char *fl_github_annotations(const FlRunRecord *record);

/* Markdown: the verdict, a table with a line a guest, and one with what was not good. Caller frees. */
char *fl_github_summary(const FlRunRecord *record, const char *evidence);
