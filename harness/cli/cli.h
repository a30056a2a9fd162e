/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs share: the site, how errors become exit codes, how to end.
 */
#pragma once

#include "flow/site.h"

#include <stdbool.h>

/* Exit codes; the same for every verb. */
typedef enum {
	FL_EXIT_PASS = 0,
	FL_EXIT_FAULT = 1, /* the kernel is at fault */
	FL_EXIT_USAGE =
		2, /* wrong usage or plan, a patch that does not apply, a kernel that does not build */
	FL_EXIT_BROKEN = 3, /* the harness could not find out */
	FL_EXIT_SKIP = 125  /* with --git-bisect: this commit cannot be judged */
} FlExit;

typedef struct {
	const char *program; /* as it was called */
	FlSite *site;
	int signum;	 /* of the signal that ended the run, or 0 */
	bool git_bisect; /* set by the verb that has the option */
	bool color;	 /* standard output can show colour */
} FlCli;

/* A verb. argv[0] is its name. Returns an exit code, or -1 with an error. */
typedef int (*FlVerbFn)(FlCli *cli, int argc, char **argv, GError **error);

int fl_cmd_run(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_build(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_judge(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_history(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_show(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_bisect(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_compare(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_replay(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_explore(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_shell(FlCli *cli, int argc, char **argv, GError **error);
int fl_cmd_doctor(FlCli *cli, int argc, char **argv, GError **error);
