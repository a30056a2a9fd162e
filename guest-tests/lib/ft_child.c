// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs that tests start: small, silent, told by their exit status.
 */
#include "ft_child.h"

#include <sched.h>
#include <time.h>

int ft_child_vdso(void)
{
	struct timespec first, second;
	unsigned cpu = ~0u, node = ~0u;

	if (clock_gettime(CLOCK_MONOTONIC, &first) < 0 ||
	    clock_gettime(CLOCK_MONOTONIC, &second) < 0)
		return 2;
	if (second.tv_sec < first.tv_sec ||
	    (second.tv_sec == first.tv_sec && second.tv_nsec < first.tv_nsec))
		return 3;
	if (getcpu(&cpu, &node) < 0 || cpu >= 1024)
		return 4;
	return 0;
}
