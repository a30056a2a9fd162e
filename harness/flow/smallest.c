// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk to a smaller reproduction. Another set of tests or vCPUs is another interleaving, so
 * the same seed need not fail there: a few seeds are tried, and the first step that none of them
 * takes ends the walk.
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
	while (seen && best.cpus / 2 >= MAX(1u, min_cpus)) {
		FlSmallest step = best;

		step.cpus /= 2;
		if (!try_step(&best, step, hands, &seen, error))
			return false;
	}
	*ret_smallest = best;
	return true;
}
