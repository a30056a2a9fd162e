/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In which way guests of a bisect are run: as they were asked for, or deterministically, with a
 * schedule of its own for each seed. Pure: knows only what runs of the bad end showed, and no guest.
 *
 * A fault that shows in the first two runs is steady, and those tell it in the shortest time. For any
 * other one the two ways take turns on the bad end, and the first to show it is the way of the whole
 * bisect: most likely it is the one that shows it more often.
 *
 * A seed that failed on the bad end is no better than another one for the candidates. Kernels that
 * are near the bad end take its course with that seed and fail as well, those that are further away
 * do not: what then looks like the first bad commit is where the courses part.
 */
#pragma once

#include "flow/bisect_engine.h"

#include <stdbool.h>

/* Deterministic guests that are tried, and runs of either way with them. */
enum { FL_BISECT_WAY_TRIES = 10, FL_BISECT_WAY_RUNS_MAX = FL_BISECT_WAY_TRIES + 2 };

typedef enum { FL_BISECT_WAY_ASKED, FL_BISECT_WAY_DETERMINISTIC, FL_BISECT_WAY_N } FlBisectWay;

typedef struct {
	FlBisectWay way; /* in which to run the bad end next; once it is settled, everything */
	bool settled;
	/* What the bad end showed until then, in the order of its runs. */
	FlBisectSeen seen[FL_BISECT_WAY_N][FL_BISECT_WAY_RUNS_MAX];
	unsigned n_seen[FL_BISECT_WAY_N];
} FlBisectWays;

/* What one more run of the bad end in `way` showed; only while it is not settled. */
void fl_bisect_way_tell(FlBisectWays *ways, FlBisectSeen seen);
