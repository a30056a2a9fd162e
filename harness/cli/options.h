/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options that verbs share, parsed and checked, as plain data.
 */
#pragma once

#include "cli/cli.h"
#include "flow/request.h"

#include <limits.h>

/* Which groups of options a verb takes. */
typedef enum {
	FL_OPTIONS_KERNEL = 1 << 0,   /* plan, kernel, kernel-tree, image, patch, config, jobs */
	FL_OPTIONS_MACHINE = 1 << 1,  /* cpus, memory, accel, seed */
	FL_OPTIONS_RUN = 1 << 2,      /* test, repeat, fail-fast, timeout-scale, git-bisect, out,
				       * strategy, depth */
	FL_OPTIONS_REPORT = 1 << 3,   /* json, junit, ktap */
	FL_OPTIONS_STORE = 1 << 5,    /* out, json */
	FL_OPTIONS_TRACE = 1 << 7,    /* trace */
	FL_OPTIONS_HISTORY = 1 << 6,  /* kernel, test, verdict, signature, rebuild */
	FL_OPTIONS_REPLAY = 1 << 8,   /* out, jobs, timeout-scale, until, gdb */
	FL_OPTIONS_EXPLORE = 1 << 9,  /* seeds, for, keep-going */
	FL_OPTIONS_BISECT = 1 << 4,   /* good, bad, series, signature, confidence, rate, max-runs */
	FL_OPTIONS_COMPARE = 1 << 10, /* confidence; repeat counts pairs */
	FL_OPTIONS_JUDGE = 1 << 11,   /* explain */
	FL_OPTIONS_BUILD = 1 << 12,   /* revision */
	FL_OPTIONS_ISOLATE = 1 << 13, /* isolate */
	FL_OPTIONS_RESTORE = 1 << 14  /* restore */
} FlOptionGroups;

#define FL_OPTIONS_PLAN	 "configs/plans/shared-faults.plan" /* without --plan */
#define FL_OPTIONS_UNSET INT_MIN /* a number whose option was not given */

/* gboolean and not bool where GOption writes: it writes an int. */
typedef struct {
	char *plan, *kernel_tree, *image, *memory, *accel, *out, *json, *junit, *ktap, *seed_text;
	char *good, *bad, *series, *signature, *verdict, *until, *seeds, *duration, *revision;
	char *strategy;
	char **kernels, **patches, **fragments, **tests, **rest;
	int cpus, repeat, jobs, max_runs, depth;
	double timeout_scale, confidence, rate;
	gboolean help, quiet, verbose, fail_fast, git_bisect, deterministic, trace, rebuild, gdb,
		keep_going, explain, isolate, restore;
	unsigned memory_mib;
	unsigned yield_depth;		      /* of --strategy and --depth; 0: none */
	uint64_t seed, first_seed, last_seed; /* of --seed; of --seeds */
	double duration_s;		      /* of --for */
} FlOptions;

/**
 * Parses argv and checks every value; --help prints and exits.
 *
 * @param args     what stands behind the options, as for `git`: "[RUN]", or NULL for nothing
 * @param summary  one paragraph for --help
 */
bool fl_options_parse(FlOptions *options, FlOptionGroups groups, const char *args,
		      const char *summary, int argc, char **argv,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The plan that was asked for, or the default one. */
FlPlan *fl_options_plan(const FlOptions *options, const FlSite *site,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What was asked for on top of the plan; borrows from options. */
FlPrepare fl_options_prepare(const FlOptions *options);

/* How guests are run, without names of kernels, stamp and events; borrows from options and plan. */
FlRunRequest fl_options_request(const FlOptions *options, const FlPlan *plan);

/* The local time, which begins the name of an evidence folder; the caller frees. */
char *fl_options_stamp(void);

void fl_options_clear(FlOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlOptions, fl_options_clear)
