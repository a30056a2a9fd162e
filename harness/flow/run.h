/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The main job: build the kernels of a plan, boot each, run the tests, judge, keep the evidence.
 */
#pragma once

#include "flow/request.h"

/**
 * Runs it.
 *
 * @param ret_record    also set when the run was cut off after it had begun (false is returned)
 * @param ret_evidence  the evidence folder; likewise
 */
bool fl_run(const FlSite *site, const FlRunRequest *request, FlRunRecord **ret_record,
	    char **ret_evidence, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The same in two steps, for those who boot more than once: everything is built, then guests are
 * booted with seeds counting up. The request stays borrowed; its seed and repeat are not looked at.
 */
typedef struct FlRun FlRun;
FlRun *fl_run_prepare(const FlSite *site, const FlRunRequest *request,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool fl_run_boot(FlRun *run, uint64_t seed, unsigned repeat, FlRunRecord **ret_record,
		 char **ret_evidence, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The hash of everything but the seed that decides what its guests do; the caller frees. */
char *fl_run_key(FlRun *run);

void fl_run_free(FlRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlRun, fl_run_free)
