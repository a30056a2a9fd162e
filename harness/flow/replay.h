/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run again, from its evidence folder: the kernel, the initramfs with its orders, and the machine
 * are those that lie there. A boot that its guests went on from is not: the cache must have the very
 * same. Compared byte for byte where the run was deterministic.
 */
#pragma once

#include "flow/retrace.h"
#include "judge/witness.h"

/* All borrowed. */
typedef struct {
	const char *path; /* a run's folder, or one guest's */
	const char *out, *stamp, *command;
	unsigned jobs;
	double timeout_scale; /* of the host's limits only: the guest's own are among its bytes */
	const char *until;    /* ends each guest at the console line with this text; NULL: no */
	bool gdb;	      /* waits for gdb; one guest only */
	bool trace; /* what the kernel's patches wrote, as it runs; deterministic guests only */
	FlTrialEvents events;
	void (*on_ready)(const FlRunRecord *record, gpointer data);
} FlReplayRequest;

/* What became of one guest, beside its new record. */
typedef struct {
	char *verdict_then; /* by its name; NULL: none was recorded */
	FlEnding ending_then;
	bool same;
	bool ended_by_us; /* the same as far as both go */
	const char *file; /* where the witness is from */
	FlWitness witness;
	FlRetrace retrace;
	GPtrArray *functions; /* of FlPatchFunction; NULL: not asked for */
	FlUntil *until;	      /* or NULL */
} FlReplayGuest;

void fl_replay_guest_free(FlReplayGuest *guest);

/**
 * @param ret_record  the new run, set also when it was cut off (false is returned)
 * @param ret_guests  of FlReplayGuest, one for each guest of the record; complete on true
 */
bool fl_replay(const FlSite *site, const FlReplayRequest *request, FlRunRecord **ret_record,
	       char **ret_evidence, GPtrArray **ret_guests,
	       GError **error) G_GNUC_WARN_UNUSED_RESULT;
