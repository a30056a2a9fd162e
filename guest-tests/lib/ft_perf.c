// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the event, which no kernel with CONFIG_PERF_EVENTS refuses.
 */
#include "ft_perf.h"
#include "ft.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int ft_perf_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		ft_fail_errno("perf_event_open");
	return fd;
}
