/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run and judge print and write: the same words for a live run and for an old folder.
 */
#pragma once

#include "cli/cli.h"
#include "cli/options.h"
#include "judge/record.h"

/* Prints guests and conclusion on standard output, in full or with --quiet the conclusion only. */
void fl_output_record(const FlCli *cli, const FlOptions *options, const FlRunRecord *record,
		      const char *evidence, bool with_tests);

/*
 * For GitHub Actions, when the environment says that it is there: annotations on standard output,
 * and a summary behind what $GITHUB_STEP_SUMMARY already holds.
 */
bool fl_output_github(const FlRunRecord *record, const char *evidence,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the files of --json, --junit and --ktap. evidence: the run's folder; NULL: a bare log. */
bool fl_output_files(const FlOptions *options, const FlRunRecord *record, const char *evidence,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;
