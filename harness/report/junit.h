/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record as JUnit XML, in the form that Jenkins, GitLab and GitHub's report actions read:
 * one testsuite a guest, one testcase a test, and one testcase "kernel" for what the kernel
 * itself did (splats, hang, missing closing statement).
 */
#pragma once

#include "judge/record.h"

/* The whole document; the caller frees. */
char *fl_junit(const FlRunRecord *record);
