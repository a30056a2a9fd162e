/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a failure to the smallest guest that still shows it: fewer tests first, then fewer vCPUs, then
 * fewer change points. Cheap on purpose; what it gives has been run.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How to show it. Borrowed. */
typedef struct {
	const char *const *tests; /* names or globs */
	unsigned cpus;
	unsigned yield_depth; /* change points of a schedule; 0: none */
	uint64_t seed;
} FlSmallest;

typedef struct {
	/*
	 * Runs one with its seed and those that follow, n in all, until one shows the failure.
	 * @param ret_seed  the one that did
	 */
	bool (*shows)(const FlSmallest *wanted, unsigned n, bool *ret_seen, uint64_t *ret_seed,
		      gpointer data, GError **error);
	gpointer data;
} FlSmallestHands;

/**
 * @param found     how it was seen: the seed alone is known to show it
 * @param only      the test that failed, as a list of one; NULL: not known, all are needed
 * @param min_cpus  what that test needs
 */
bool fl_smallest(const FlSmallest *found, const char *const *only, unsigned min_cpus,
		 const FlSmallestHands *hands, FlSmallest *ret_smallest,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;
