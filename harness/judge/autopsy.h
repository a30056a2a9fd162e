/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a guest hangs: from the registers and the memory of a guest that stands still to what its
 * vCPUs and tasks do, who waits for which lock, and who holds it. Needs nothing of the guest.
 *
 * The outcome is an object, kept as autopsy.json and as "autopsy" in result.json:
 *
 *     { "kind": "deadlock", "sentence": "task ...", "why": "...", "unknown": ["..."],
 *       "vcpus": [ { "cpu": 0, "does": "idle", "task": "swapper/0:0", "host_ms": 0, "frames": [],
 *                    "looks": ["idle", "idle", "schedule_idle"] } ],
 *       "tasks": [ { "task": "ft-tests:123", "state": "D", "frames": [...],
 *                    "lock": null or { "name", "kind", "address", "held", "owner", "taken_in" } } ] }
 *
 * kind is one of judge/diagnosis.h.
 */
#pragma once

#include "judge/guestcpu.h"
#include "judge/verdict.h"

/* Lets the guest run a while and stops it again; its registers, NULL: no further look. */
typedef char *(*FlLookFn)(gpointer data);

/* All borrowed; NULL where it is not known. */
typedef struct {
	const char *why; /* what happened, one sentence without an end */
	const char *now; /* registers, of the stopped guest */
	const GArray
		*before_ms;   /* of uint64_t, host time of each vCPU, then the guest ran on ... */
	const GArray *now_ms; /* ... and host time again */
	FlPhysicalFn read;
	FlLookFn look_again; /* called up to FL_GUESTCPU_LOOKS - 1 times, before tasks are read */
	gpointer data;	     /* of both */
	const char *vmlinux, *modules;
} FlAutopsySpec;

/* Never NULL; caller frees. */
json_t *fl_autopsy(const FlAutopsySpec *spec);

/* Adds it to a verdict, and to its reason if it hangs. Takes a reference. */
void fl_autopsy_apply(FlVerdict *verdict, json_t *autopsy);
