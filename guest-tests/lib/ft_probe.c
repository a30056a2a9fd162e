// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests' side of the probe driver.
 */
#include "ft_probe.h"
#include "ft.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MODULE "/lib/modules/fl_probe.ko"

/* Long beside the way out of a thread, short beside the limit of a test. */
#define SETTLE_MS 5000

void ft_probe_need(void)
{
	if (access("/dev/" FL_PROBE_MP, F_OK) == 0)
		return;
	if (access(MODULE, F_OK) != 0)
		ft_skip_all("the image has no probe driver for this kernel");
	fprintf(stderr, "%s is there, and /dev/%s is not\n", MODULE, FL_PROBE_MP);
	exit(1);
}

int ft_probe_open(bool with_map_pages)
{
	int fd = open(with_map_pages ? "/dev/" FL_PROBE_MP : "/dev/" FL_PROBE_NOMP,
		      O_RDWR | O_CLOEXEC);

	if (fd < 0)
		ft_fail_errno("open of the probe driver");
	return fd;
}

struct fl_probe_counts ft_probe_counts(int fd)
{
	struct fl_probe_counts counts;

	if (ioctl(fd, FL_PROBE_COUNTS, &counts) < 0)
		ft_fail_errno("FL_PROBE_COUNTS");
	return counts;
}

void ft_probe_expect_promises(int fd)
{
	struct fl_probe_counts counts = ft_probe_counts(fd);

	if (counts.bad_no_map_pages)
		ft_fail("a driver without ->map_pages was called %llu times under the VMA lock "
			"alone",
			(unsigned long long)counts.bad_no_map_pages);
	if (counts.bad_vma)
		ft_fail("a driver was told %llu times that the VMA lock is held, and it was not",
			(unsigned long long)counts.bad_vma);
	if (counts.bad_changed)
		ft_fail("a VMA was changed while a fault that holds its lock was in the driver");
	if (counts.bad_mmap)
		ft_fail("a driver was told %llu times that mmap_lock is held, and it was not",
			(unsigned long long)counts.bad_mmap);
}

static struct fl_probe_locks read_locks(int fd, const void *addr)
{
	struct fl_probe_locks locks = {.addr = (uintptr_t)addr};

	if (ioctl(fd, FL_PROBE_LOCKS, &locks) < 0)
		ft_fail_errno("FL_PROBE_LOCKS");
	return locks;
}

/*
 * A thread that has been joined may still be on its way out of the kernel, where exit_mm takes
 * mmap_lock for a moment. Such a lock is soon free; one that was left behind never is.
 */
static struct fl_probe_locks settled_locks(int fd, const void *addr)
{
	struct ft_limit limit = ft_limit_new(SETTLE_MS);
	struct fl_probe_locks locks = read_locks(fd, addr);

	while ((locks.vma_locked || locks.mmap_locked) && !ft_limit_is_over(&limit)) {
		sched_yield();
		locks = read_locks(fd, addr);
	}
	return locks;
}

void ft_probe_expect_unlocked(const void *addr, const char *after)
{
	int fd = ft_probe_open(true);
	struct fl_probe_locks locks = settled_locks(fd, addr);

	close(fd);
	if (!locks.has_vma)
		ft_fail("after %s the mapping is not there any more", after);
	if (locks.vma_locked)
		ft_fail("%s left the VMA lock held, or dropped it twice", after);
	if (locks.mmap_locked)
		ft_fail("%s left mmap_lock held, or dropped it twice", after);
}

void ft_probe_shape(int fd, unsigned shape)
{
	if (ioctl(fd, FL_PROBE_SHAPE, (unsigned long)shape) < 0)
		ft_fail_errno("FL_PROBE_SHAPE");
}

void ft_probe_order(int fd, enum fl_probe_call call, enum fl_probe_answer answer, unsigned times)
{
	struct fl_probe_order order = {.call = call, .answer = answer, .times = times};

	if (ioctl(fd, FL_PROBE_ORDER, &order) < 0)
		ft_fail_errno("FL_PROBE_ORDER");
}

void ft_probe_await_held(int fd)
{
	struct ft_limit limit = ft_limit_new(SETTLE_MS);

	while (!ft_probe_counts(fd).held) {
		if (ft_limit_is_over(&limit))
			ft_fail("the fault did not come to the driver that was to hold it");
		sched_yield();
	}
}

void ft_probe_release(int fd)
{
	if (ioctl(fd, FL_PROBE_RELEASE) < 0)
		ft_fail_errno("FL_PROBE_RELEASE");
}

struct fl_probe_pages ft_probe_pages(int fd)
{
	struct fl_probe_pages pages;

	if (ioctl(fd, FL_PROBE_PAGES, &pages) < 0)
		ft_fail_errno("FL_PROBE_PAGES");
	return pages;
}

void ft_probe_expect_mapped(int fd, unsigned mapped, const char *after)
{
	struct fl_probe_pages pages = ft_probe_pages(fd);

	if (pages.locked)
		ft_fail("%s left %u pages locked", after, pages.locked);
	if (pages.mapped != mapped)
		ft_fail("after %s %u pages of the driver are mapped, and not %u", after,
			pages.mapped, mapped);
	if (pages.references != mapped)
		ft_fail("after %s %u mapped pages of the driver have %d references", after, mapped,
			(int)pages.references);
}
