// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands the places and each test's schedule to the driver, and reads back what came of it.
 */
#include "yields.h"

#include "fl_stretch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define DEVICE "/dev/" FL_STRETCH_DEVICE

_Static_assert(FL_WIRE_SYMBOL_MAX < FL_STRETCH_NAME_SIZE, "the driver takes every name");
_Static_assert(FL_WIRE_YIELDS_MAX <= FL_STRETCH_POINTS_MAX, "the driver takes every place");

static bool add(const struct yields *yields, const struct order_point *place)
{
	struct fl_stretch_point point = {.where = FL_STRETCH_YIELD, .number = place->offset};

	snprintf(point.function, sizeof(point.function), "%s", place->function);
	return ioctl(yields->fd, FL_STRETCH_POINT, &point) >= 0;
}

void yields_open(struct yields *yields, const struct orders *orders)
{
	*yields = (struct yields){.fd = -1,
				  .seed = orders->seed,
				  .depth = orders->yield_depth,
				  .hits = orders->yield_hits};
	if (!orders->yield_depth)
		return;
	yields->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (yields->fd < 0)
		fprintf(stderr, "faultline init: nobody yields: %s: %s\n", DEVICE, strerror(errno));
	for (unsigned i = 0; yields->fd >= 0 && i < orders->n_points; i++)
		yields->n_points += add(yields, &orders->points[i]);
}

void yields_begin(const struct yields *yields, const char *test)
{
	char stream[ORDERS_NAME_MAX + 8];
	struct fl_stretch_schedule schedule = {.hits = yields->hits, .depth = yields->depth};

	if (yields->fd < 0)
		return;
	snprintf(stream, sizeof(stream), "yields %s", test);
	schedule.seed = fl_wire_stream(yields->seed, stream);
	if (ioctl(yields->fd, FL_STRETCH_SCHEDULE, &schedule) < 0)
		fprintf(stderr, "faultline init: %s: %s\n", DEVICE, strerror(errno));
}

void yields_tell(const struct yields *yields, struct emit *emit, unsigned number)
{
	struct fl_stretch_taken taken;

	if (yields->fd < 0 || ioctl(yields->fd, FL_STRETCH_TAKEN, &taken) < 0)
		return;
	emit_printf(emit, FL_WIRE_METRIC, "%u %s %u", number, FL_WIRE_METRIC_YIELD_POINTS,
		    yields->n_points);
	emit_printf(emit, FL_WIRE_METRIC, "%u %s %llu", number, FL_WIRE_METRIC_YIELD_HITS,
		    (unsigned long long)taken.hits);
	emit_printf(emit, FL_WIRE_METRIC, "%u %s %llu", number, FL_WIRE_METRIC_YIELDS_TAKEN,
		    (unsigned long long)taken.yields);
}
