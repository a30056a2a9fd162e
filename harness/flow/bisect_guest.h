/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hands of a bisect that build real kernels and boot real guests.
 */
#pragma once

#include "flow/bisect_ahead.h"
#include "flow/bisect_range.h"
#include "flow/request.h"

/* All borrowed. */
typedef struct {
	const FlSite *site;
	const FlBisectRange *range;
	const FlPlanKernel *kernel; /* of the plan: what the candidates are added to */
	const FlRunRequest
		*request;     /* how a candidate is run; kernel, seed and additions are set here */
	FlBisectAhead *ahead; /* builds what may be wanted next */
	FlTarget target;
	uint64_t seed;
	bool fixed_way; /* see FlBisectHands */
	/* gpointer of hands.told */
	void (*told)(const json_t *entry, const FlBisectStep *next, gpointer data);
	gpointer data;
} FlBisectGuest;

FlBisectHands fl_bisect_guest_hands(FlBisectGuest *guest);
