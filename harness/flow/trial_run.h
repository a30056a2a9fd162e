/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One trial: a kernel that is there, in a guest that is started, judged while it runs, and kept
 * as evidence. The place where vm/ and judge/ meet. Runs beside the main loop.
 */
#pragma once

#include "flow/site.h"
#include "flow/snapshot.h"
#include "flow/until.h"
#include "judge/record.h"
#include "plan/yields.h"
#include "store/rundir.h"
#include "vm/accel.h"

#include <jansson.h>

/* What a trial tells while it runs; any may be NULL. */
typedef struct {
	void (*on_test)(const FlGuestRecord *guest, const FlTestResult *test, gpointer data);
	void (*on_running)(const FlGuestRecord *guest, const char *test, gpointer data);
	void (*on_guest)(const FlGuestRecord *guest, gpointer data);
	gpointer data;
} FlTrialEvents;

/* What is kept of a deterministic guest's course. All borrowed; zeroed: its checkpoints. */
typedef struct {
	bool keeps_blocks;   /* of one interval: */
	const char *like;    /* of the first that is not as in this older trace; NULL: */
	uint64_t interval;   /* of that one */
	const GArray *watch; /* of uint64_t, addresses: each time that one of them runs; or NULL */
} FlTrialTrace;

/* All borrowed for the life of the trial. */
typedef struct {
	const FlSite *site;
	const FlRundir *rundir;
	FlGuestRecord *guest; /* filled in: boot_ms .. verdict */
	const char *bzimage;
	const char *initramfs;	    /* without orders */
	const char *initrd;	    /* or: one that has its orders, of an older run */
	const FlSnapshot *snapshot; /* or: the boot that it goes on from */
	const char *orders;	    /* beside it: those of an older run; NULL: of the tests */
	const GPtrArray *tests;	    /* of FlTest: those that this guest runs */
	const GPtrArray *disks;	    /* of FlDisk */
	const json_t *inputs;	    /* inputs.json, complete */
	unsigned effort;
	const FlTrialTrace *trace; /* NULL: it is not traced */
	const FlYields *yields;	   /* NULL: none */
	/* For a look at an older run; NULL, false: none. */
	FlUntil *until; /* ends the guest at that line */
	bool gdb; /* waits for gdb before its first instruction, with no limit of the host's */
	FlTrialEvents events;
} FlTrialSetup;

typedef struct FlTrial FlTrial;

/* Once; on a harness error guest->verdict is NULL and error is set (owned by the trial). */
typedef void (*FlTrialDoneFn)(FlTrial *trial, const GError *error, gpointer data);

FlTrial *fl_trial_run_start(const FlTrialSetup *setup, FlTrialDoneFn on_done, gpointer data,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the guest with FL_ENDING_CANCELLED; on_done still comes. */
void fl_trial_run_cancel(FlTrial *trial);

void fl_trial_run_free(FlTrial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlTrial, fl_trial_run_free)
