// SPDX-License-Identifier: GPL-2.0-only
/*
 * The choice of the way, run by run.
 */
#include "flow/bisect_way.h"

static void settle(FlBisectWays *ways, FlBisectWay way)
{
	ways->way = way;
	ways->settled = true;
}

/* After a failure in the first run there is a second one; after any pass the ways take turns. */
static void weigh_asked(FlBisectWays *ways, FlBisectSeen seen)
{
	bool is_first = ways->n_seen[FL_BISECT_WAY_ASKED] == 1;

	if (seen == FL_BISECT_PASS)
		ways->way = FL_BISECT_WAY_DETERMINISTIC;
	else if (seen == FL_BISECT_CANNOT_TELL || !is_first)
		settle(ways, FL_BISECT_WAY_ASKED);
}

static void weigh_deterministic(FlBisectWays *ways, FlBisectSeen seen)
{
	if (seen == FL_BISECT_FAIL)
		settle(ways, FL_BISECT_WAY_DETERMINISTIC);
	else if (seen == FL_BISECT_CANNOT_TELL ||
		 ways->n_seen[FL_BISECT_WAY_DETERMINISTIC] == FL_BISECT_WAY_TRIES)
		settle(ways, FL_BISECT_WAY_ASKED);
	else
		ways->way = FL_BISECT_WAY_ASKED;
}

void fl_bisect_way_tell(FlBisectWays *ways, FlBisectSeen seen)
{
	g_assert(!ways->settled && ways->n_seen[ways->way] < FL_BISECT_WAY_RUNS_MAX);
	ways->seen[ways->way][ways->n_seen[ways->way]++] = seen;
	if (ways->way == FL_BISECT_WAY_ASKED)
		weigh_asked(ways, seen);
	else
		weigh_deterministic(ways, seen);
}
