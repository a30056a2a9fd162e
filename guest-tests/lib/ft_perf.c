// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the events, which no kernel with CONFIG_PERF_EVENTS refuses.
 */
#include "ft_perf.h"
#include "ft.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_event(uint64_t which, bool disabled)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = which,
		.disabled = disabled,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		ft_fail_errno("perf_event_open");
	return fd;
}

int ft_perf_open(void)
{
	return open_event(PERF_COUNT_SW_DUMMY, true);
}

int ft_perf_count(uint64_t which)
{
	return open_event(which, false);
}

uint64_t ft_perf_read(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		ft_fail_errno("read of a perf event");
	return count;
}
