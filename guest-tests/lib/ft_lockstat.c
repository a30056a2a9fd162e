// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads /proc/vmstat and judges which lock a number of faults took.
 */
#include "ft_lockstat.h"
#include "ft.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool find(const char *text, const char *key, int64_t *ret_value)
{
	const char *line = strstr(text, key);

	if (!line)
		return false;
	*ret_value = strtoll(line + strlen(key), NULL, 10);
	return true;
}

bool ft_lockstat_read(struct ft_lockstat *stat)
{
	static char text[16384];
	int fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	return find(text, "\nvma_lock_success ", &stat->success) &&
	       find(text, "\nvma_lock_abort ", &stat->abort) &&
	       find(text, "\nvma_lock_retry ", &stat->retry) &&
	       find(text, "\nvma_lock_miss ", &stat->miss);
}

struct ft_lockstat ft_lockstat_delta(const struct ft_lockstat *before,
				     const struct ft_lockstat *after)
{
	return (struct ft_lockstat){
		.success = after->success - before->success,
		.abort = after->abort - before->abort,
		.retry = after->retry - before->retry,
		.miss = after->miss - before->miss,
	};
}

void ft_lockstat_need(void)
{
	struct ft_lockstat stat;

	if (!ft_lockstat_read(&stat))
		ft_skip_all(
			"the kernel does not count VMA lock events (CONFIG_PER_VMA_LOCK_STATS)");
}

int64_t ft_lockstat_slack(uint64_t faults)
{
	return (int64_t)(faults / 100) + 16;
}

static void __attribute__((noreturn))
fail_lock(const char *what, const char *which, uint64_t faults, const struct ft_lockstat *delta)
{
	ft_fail("%s were not handled under %s: %llu pages touched, vma_lock_success %lld, "
		"vma_lock_retry %lld, vma_lock_abort %lld",
		what, which, (unsigned long long)faults, (long long)delta->success,
		(long long)delta->retry, (long long)delta->abort);
}

void ft_expect_vma_lock(const char *what, uint64_t faults, const struct ft_lockstat *delta)
{
	int64_t slack = ft_lockstat_slack(faults);

	if (delta->success < (int64_t)faults - slack || delta->success > (int64_t)faults + slack ||
	    delta->retry > slack || delta->abort > slack)
		fail_lock(what, "the VMA lock", faults, delta);
}

void ft_expect_mmap_lock(const char *what, uint64_t faults, const struct ft_lockstat *delta)
{
	int64_t slack = ft_lockstat_slack(faults);

	if (delta->retry < (int64_t)faults - slack || delta->retry > (int64_t)faults + slack ||
	    delta->success > slack || delta->abort > slack)
		fail_lock(what, "mmap_lock after a retry", faults, delta);
}
