// SPDX-License-Identifier: GPL-2.0-only
/*
 * Factors, multiplied.
 */
#include "flow/limits.h"

#include <glib.h>
#include <stdlib.h>

/*
 * One thread runs all vCPUs, idle time is executed, and a vCPU keeps its turn to the next timer even if
 * it only waits for another one.
 */
#define ONE_THREAD 5.0
#define BUSY_MAX   16.0

static unsigned in_milli(double scale)
{
	return (unsigned)CLAMP(scale * 1000, 10.0, 1000000.0);
}

static double kernel_scale(const FlLimits *limits)
{
	double scale = limits->timeout_scale * limits->slowness_milli / 1000;

	return limits->deterministic ? scale * limits->cpus * ONE_THREAD : scale;
}

/*
 * A loop that ran fast once says little of a host that is busy later: the speed stretches limits and
 * never shortens them.
 */
static double speed_scale(const FlLimits *limits)
{
	return MAX(1000u, limits->speed_milli) / 1000.0;
}

/* More vCPUs than the host has cores wait for each other. */
static double share_scale(const FlLimits *limits)
{
	return MAX(1.0, (double)limits->cpus * limits->jobs / (2.0 * limits->cores));
}

/*
 * What others have the host do. The guests of the minute before are among that load, so as many as will
 * run now do not count. Doubled step by step: a guest shall not be another one for each breath of the host.
 */
static double busy_scale(const FlLimits *limits)
{
	double others = limits->load / MAX(limits->cores, limits->cpus * limits->jobs);
	double scale = 1;

	while (scale < others && scale < BUSY_MAX)
		scale *= 2;
	return scale;
}

unsigned fl_limits_host_milli(const FlLimits *limits)
{
	return in_milli(kernel_scale(limits) * speed_scale(limits) * share_scale(limits) *
			busy_scale(limits));
}

unsigned fl_limits_guest_milli(const FlLimits *limits)
{
	return limits->deterministic ? in_milli(kernel_scale(limits))
				     : fl_limits_host_milli(limits);
}

double fl_limits_load(void)
{
	double load;

	return getloadavg(&load, 1) == 1 ? load : 0;
}
