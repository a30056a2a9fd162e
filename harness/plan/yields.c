// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows from the number of schedules, and which places a guest gets.
 */
#include "plan/yields.h"

#include <math.h>

double fl_yields_bound(unsigned cpus, unsigned hits, unsigned depth)
{
	return 1 / (cpus * pow(hits, depth - 1.0));
}

double fl_yields_chance(double bound, uint64_t schedules)
{
	/* Not 1 - pow(): the bound may be too small to be seen beside 1. */
	return -expm1((double)schedules * log1p(-bound));
}

char **fl_yields_thin(char **places, unsigned max)
{
	unsigned n = g_strv_length(places), kept = 0;

	if (n <= max)
		return places;
	for (unsigned i = 0; i < n; i++) {
		if ((uint64_t)kept * n / max == i)
			places[kept++] = places[i];
		else
			g_free(places[i]);
	}
	places[kept] = NULL;
	return places;
}
