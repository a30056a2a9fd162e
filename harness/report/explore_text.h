/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An exploration in words and as JSON: what was covered, what failed, and how to see it again.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* One seed that failed. Borrowed; NULL where there is nothing. */
typedef struct {
	uint64_t seed;
	const char *verdict, *reason, *evidence;
	const char *replay, *again; /* command lines */
	const char *smallest, *verified;
} FlExploreFailure;

typedef struct {
	const char *kernel;
	unsigned cpus;
	unsigned done, distinct, untold;
	unsigned depth, hits; /* of a schedule; depth 0: the seed makes no vCPU give way */
	unsigned yield_points;
	uint64_t schedules, yields_taken;
	double per_minute; /* of this sitting; 0: no seed was run in it */
	const FlExploreFailure *failures;
	unsigned n_failures;
	const char *journal;
} FlExploreText;

/* The live line; wanted: seeds in all, 0: as many as there is time for. The caller frees. */
char *fl_explore_text_live(const FlExploreText *explored, uint64_t wanted);

/* The whole, with newlines; the caller frees. */
char *fl_explore_text(const FlExploreText *explored);

json_t *fl_explore_text_json(const FlExploreText *explored);
