/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record as JUnit XML, in the form that Jenkins, GitLab and GitHub's report actions read:
 * one testsuite a guest, one testcase a test, and one testcase "kernel" for what the kernel
 * itself did (splats, hang, missing closing statement).
 */
#pragma once

#include "judge/record.h"

/* Where the evidence lies. Borrowed. */
typedef struct {
	const char *dir;	  /* of the run, absolute */
	const char *const *files; /* in each guest's folder below it */
	const char *autopsy;	  /* likewise, of a guest that hung */
} FlJunitFiles;

/*
 * The whole document; the caller frees. With files the case "kernel" of each guest names them as
 * attachments, "[[ATTACHMENT|path]]", the form that Jenkins and GitLab know; NULL: there are none.
 */
char *fl_junit(const FlRunRecord *record, const FlJunitFiles *files);
