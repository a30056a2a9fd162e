/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of a run, on top of its plan. Plain data.
 */
#pragma once

#include "flow/prepare.h"
#include "flow/trial_run.h"
#include "plan/plan.h"

/* All borrowed. */
typedef struct {
	const FlPlan *plan;
	const char *const *kernels; /* names; NULL: those that the plan marks as default */
	const char *const *tests;   /* globs; NULL: the plan's */
	FlPrepare extra;
	unsigned cpus;	      /* 0: the plan's */
	unsigned memory_mib;  /* 0: the plan's */
	const char *accel;    /* "auto", "kvm", "tcg" */
	bool deterministic;   /* one vCPU at a time by a counted clock; not with "kvm" */
	bool trace;	      /* of the executed blocks; only with deterministic */
	bool restore;	      /* guests go on from one boot that is saved */
	bool isolate;	      /* a guest for each test; only with restore */
	unsigned yield_depth; /* only if deterministic: change points of a schedule; 0: none */
	bool has_seed;
	uint64_t seed;
	unsigned repeat; /* at least 1 */
	unsigned jobs;	 /* guests at a time, at least 1 */
	bool fail_fast;
	double timeout_scale; /* > 0 */
	const char *out;
	const char *stamp;   /* begins the name of the evidence folder */
	const char *command; /* the command line that repeats the run */
	FlTrialEvents events;
	/* Told once everything is built and before the first boot; may be NULL. */
	void (*on_ready)(const FlRunRecord *record, gpointer data);
} FlRunRequest;

/* The kernels that a request is about: borrowed from the plan, in its order. */
GPtrArray *fl_request_kernels(const FlPlan *plan, const char *const *names,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
