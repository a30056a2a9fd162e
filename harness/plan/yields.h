/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preemption drawn from the seed, in the manner of PCT (Burckhardt and others, ASPLOS 2010): the
 * kernel has places at which a vCPU may hand over to the next one. Each `hits` hits of them are one
 * schedule, and at `depth` hits of a schedule, drawn from the seed, it does. Pure.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#define FL_YIELDS_HITS	    64u /* of a schedule: PCT's k */
#define FL_YIELDS_DEPTH	    3u	/* most bugs of order need no more than two changes */
#define FL_YIELDS_DEPTH_MAX 8u

typedef struct {
	unsigned depth; /* change points of a schedule; PCT's d */
	unsigned hits;
	char **places; /* "handle_mm_fault+0x1c" */
} FlYields;

/* PCT's bound: with what probability one schedule shows a bug of that depth, at least. */
double fl_yields_bound(unsigned cpus, unsigned hits, unsigned depth);

/* The same for so many schedules, which are drawn independently. */
double fl_yields_chance(double bound, uint64_t schedules);

/* At most max of the places, evenly over the whole; takes them over. */
char **fl_yields_thin(char **places, unsigned max);
