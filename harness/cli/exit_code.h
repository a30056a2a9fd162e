/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors and verdicts to exit codes: the one place that knows the table.
 */
#pragma once

#include "cli/cli.h"
#include "judge/target.h"

/* Of an error that ended the program. signum: the signal that was caught, or 0. */
int fl_exit_code_of_error(const GError *error, bool git_bisect, int signum);

/* Of a verdict. */
int fl_exit_code_of_verdict(FlVerdictKind kind);

/* With --git-bisect: 0 good, 1 bad, 125 cannot tell. */
int fl_exit_code_of_sight(FlTargetSight sight);
