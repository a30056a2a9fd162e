// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk to a smaller reproduction. Another set of tests, vCPUs or change points is another
 * interleaving, so the same seed need not fail there: a few seeds are tried, and the first step that
 * none of them takes ends the walk in its direction.
 */
#include "flow/smallest.h"

#define SEEDS_A_STEP 8u

static bool try_step(FlSmallest *best, FlSmallest step, const FlSmallestHands *hands,
		     bool *ret_seen, GError **error)
{
	if (!hands->shows(&step, SEEDS_A_STEP, ret_seen, &step.seed, hands->data, error))
		return false;
	if (*ret_seen)
		*best = step;
	return true;
}

static bool fewer_cpus(FlSmallest *best, unsigned min_cpus, const FlSmallestHands *hands,
		       GError **error)
{
	bool seen = true;

	while (seen && best->cpus / 2 >= MAX(1u, min_cpus)) {
		FlSmallest step = *best;

		step.cpus /= 2;
		if (!try_step(best, step, hands, &seen, error))
			return false;
	}
	return true;
}

static bool fewer_changes(FlSmallest *best, const FlSmallestHands *hands, GError **error)
{
	bool seen = true;

	while (seen && best->yield_depth) {
		FlSmallest step = *best;

		step.yield_depth--;
		if (!try_step(best, step, hands, &seen, error))
			return false;
	}
	return true;
}

bool fl_smallest(const FlSmallest *found, const char *const *only, unsigned min_cpus,
		 const FlSmallestHands *hands, FlSmallest *ret_smallest, GError **error)
{
	FlSmallest best = *found;
	bool seen = true;

	if (only) {
		FlSmallest step = best;

		step.tests = only;
		if (!try_step(&best, step, hands, &seen, error))
			return false;
	}
	if (seen &&
	    (!fewer_cpus(&best, min_cpus, hands, error) || !fewer_changes(&best, hands, error)))
		return false;
	*ret_smallest = best;
	return true;
}
