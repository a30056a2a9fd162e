/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The yields that the orders ask for: where the kernel hands over to the next vCPU, at hits drawn from
 * the seed (modules/fl_stretch.c). Each test has a stream of its own, apart from its program's.
 */
#pragma once

#include "emit.h"
#include "orders.h"

struct yields {
	int fd; /* of the driver; -1: nobody yields */
	unsigned n_points;
	unsigned long long seed;
	unsigned depth, hits;
};

/* After the modules. A place that this kernel does not have, or takes no probe at, is left out. */
void yields_open(struct yields *yields, const struct orders *orders);

/* From now on the schedule is this test's. */
void yields_begin(const struct yields *yields, const char *test);

/* As metrics of the test of this number: what was covered since it began. */
void yields_tell(const struct yields *yields, struct emit *emit, unsigned number);
