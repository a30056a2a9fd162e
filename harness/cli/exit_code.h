/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors and verdicts to exit codes: the one place that knows the table.
 */
#pragma once

#include "cli/cli.h"
#include "judge/verdict.h"

/* Of an error that ended the program. signum: the signal that was caught, or 0. */
int fl_exit_code_of_error(const GError *error, bool git_bisect, int signum);

/* Of a verdict. */
int fl_exit_code_of_verdict(FlVerdictKind kind, bool git_bisect);
