/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the parts of a run to its guests: for each its record, the tests that it can run, and its
 * inputs. Starts none of them.
 */
#pragma once

#include "flow/parts.h"

/* Where they come from, and where they go. All borrowed, for their life. */
typedef struct {
	const FlParts *parts;
	/* Of FlSnapshot, for each kernel with each of cpu_counts; an element NULL, or all: they boot. */
	const GPtrArray *snapshots;
	const FlRundir *rundir; /* NULL: none of them will be started */
	FlRunRecord *record;	/* gets their records */
} FlGuestsSpec;

/* One element for each guest; the setups borrow from the others. */
typedef struct {
	GArray *setups;	   /* of FlTrialSetup */
	GPtrArray *inputs; /* of json_t */
	GPtrArray *tests;  /* of GPtrArray of FlTest: those that it runs */
} FlGuests;

/* A guest on that many vCPUs, as far as its tests do not matter; seed is that of repeat 1. */
FlGuestRecord *fl_guests_describe(const FlParts *parts, const FlPartsKernel *kernel, unsigned cpus,
				  uint64_t seed, unsigned repeat);

/*
 * Each kernel on each number of vCPUs, n_repeats times, with seeds counting up. Tests that a guest
 * cannot run are noted in its record with the reason.
 */
void fl_guests_make(const FlGuestsSpec *spec, uint64_t seed, unsigned n_repeats,
		    FlGuests *ret_guests);

void fl_guests_clear(FlGuests *guests);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlGuests, fl_guests_clear)
