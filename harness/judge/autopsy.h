/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a guest hangs: from the registers and the memory of a guest that stands still to what its
 * vCPUs and tasks do, who waits for which lock, and who holds it. Needs nothing of the guest.
 *
 * The outcome is an object, kept as autopsy.json and as "autopsy" in result.json:
 *
 *     { "kind": "deadlock", "sentence": "task ...", "why": "...", "unknown": ["..."],
 *       "vcpus": [ { "cpu": 0, "does": "idle", "task": "swapper/0:0", "host_ms": 0, "frames": [] } ],
 *       "tasks": [ { "task": "ft-tests:123", "state": "D", "frames": [...],
 *                    "lock": null or { "name", "kind", "address", "held", "owner", "taken_in" } } ] }
 *
 * kind: "deadlock" (a lock that nobody will release), "lock-held" (its holder is alive), "blocked"
 * (asleep for something else), "livelock" and "user-livelock" (a vCPU runs and gets nowhere),
 * "dead-cpu" (halted for ever), "starved" (the host gave the vCPUs no time), "idle" (nothing to
 * do: what it had to say did not come through), "unknown".
 */
#pragma once

#include "judge/guestmem.h"
#include "judge/verdict.h"

/* All borrowed; NULL where it is not known. */
typedef struct {
	const char *why; /* what happened, one sentence without an end */
	const char *now; /* registers, of the stopped guest */
	const GArray
		*before_ms;   /* of uint64_t, host time of each vCPU, then the guest ran on ... */
	const GArray *now_ms; /* ... and host time again */
	FlPhysicalFn read;
	gpointer data;
	const char *vmlinux, *modules;
} FlAutopsySpec;

/* Never NULL; caller frees. */
json_t *fl_autopsy(const FlAutopsySpec *spec);

/* For people; caller frees. */
char *fl_autopsy_text(const json_t *autopsy);

/* Adds it to a verdict, and to its reason if it hangs. Takes a reference. */
void fl_autopsy_apply(FlVerdict *verdict, json_t *autopsy);
