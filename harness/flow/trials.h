/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests of one run, from first boot to the verdict, its evidence and the history: what is the
 * same whether they were made from a plan or from an old folder.
 */
#pragma once

#include "flow/trial_run.h"

/* All borrowed. */
typedef struct {
	const FlRundir *rundir;
	FlRunRecord *record; /* has the guests of the setups; gets the verdict */
	const FlTrialSetup *setups;
	size_t n;
	unsigned jobs;	 /* guests at a time */
	bool fail_fast;	 /* start no guest after one that did not pass */
	const char *out; /* where the history is; NULL: this run is none of it */
	GCancellable *cancel;
	/* Told before the first boot; may be NULL. */
	void (*on_ready)(const FlRunRecord *record, gpointer data);
	gpointer data;
} FlTrials;

/* On false the record and the folder say how far it came. */
bool fl_trials_run(const FlTrials *trials, GError **error) G_GNUC_WARN_UNUSED_RESULT;
