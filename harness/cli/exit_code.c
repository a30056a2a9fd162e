// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exit codes. git bisect run knows 0 (good), 1 to 124 (bad), 125 (skip) and aborts on the rest,
 * so with --git-bisect only the fault that was looked for may be 1.
 */
#include "cli/exit_code.h"

#include "kernel/kcache.h"
#include "plan/ini.h"
#include "plan/plan.h"
#include "store/store.h"

static int of_kernel_error(int code, bool git_bisect)
{
	switch ((FlKernelError)code) {
	case FL_KERNEL_ERROR_TREE:
		return FL_EXIT_USAGE;
	case FL_KERNEL_ERROR_PATCH:
	case FL_KERNEL_ERROR_CONFIG:
	case FL_KERNEL_ERROR_COMPILE:
		return git_bisect ? FL_EXIT_SKIP : FL_EXIT_USAGE;
	case FL_KERNEL_ERROR_TOOL:
		break;
	}
	return git_bisect ? FL_EXIT_SKIP : FL_EXIT_BROKEN;
}

int fl_exit_code_of_error(const GError *error, bool git_bisect, int signum)
{
	if (signum)
		return 128 + signum;
	if (error->domain == FL_KERNEL_ERROR)
		return of_kernel_error(error->code, git_bisect);
	if (error->domain == FL_PLAN_ERROR || error->domain == FL_INI_ERROR ||
	    error->domain == G_OPTION_ERROR || error->domain == FL_FLOW_ERROR ||
	    g_error_matches(error, FL_STORE_ERROR, FL_STORE_ERROR_UNKNOWN))
		return FL_EXIT_USAGE;
	return git_bisect ? FL_EXIT_SKIP : FL_EXIT_BROKEN;
}

int fl_exit_code_of_verdict(FlVerdictKind kind)
{
	switch (kind) {
	case FL_VERDICT_PASS:
		return FL_EXIT_PASS;
	case FL_VERDICT_FAIL:
	case FL_VERDICT_HANG:
	case FL_VERDICT_CRASH:
		return FL_EXIT_FAULT;
	case FL_VERDICT_SKIP:
	case FL_VERDICT_BROKEN:
		break;
	}
	return FL_EXIT_BROKEN;
}

int fl_exit_code_of_sight(FlTargetSight sight)
{
	switch (sight) {
	case FL_TARGET_ABSENT:
		return FL_EXIT_PASS;
	case FL_TARGET_SEEN:
		return FL_EXIT_FAULT;
	case FL_TARGET_UNKNOWN:
		break;
	}
	return FL_EXIT_SKIP;
}
