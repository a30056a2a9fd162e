// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the probes with which other tests make race windows longer may come and go while every CPU
 * runs the function that they are in: a breakpoint that is taken away may still be met, by an emulated CPU
 * that had translated it. A kernel that does not know it any more dies of it.
 *
 * Run by name only: it is about faultline's own module.
 */
#include "fl_stretch.h"
#include "ft.h"
#include "ft_team.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 80
#define PAGES  16

static const struct fl_stretch_point points[] = {
	{.function = "lock_vma_under_rcu", .where = FL_STRETCH_BEGIN},
	{.function = "next_uptodate_folio", .where = FL_STRETCH_ATOMIC},
	{.function = "handle_mm_fault", .where = FL_STRETCH_BEGIN},
	{.function = "mas_walk", .caller = "lock_vma_under_rcu", .where = FL_STRETCH_RETURN},
};

/* Every point is added to a file of its own, which is closed at once. */
static void come_and_go(void)
{
	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		int fd = open("/dev/" FL_STRETCH_DEVICE, O_RDWR | O_CLOEXEC);

		if (fd < 0)
			ft_fail("/dev/" FL_STRETCH_DEVICE ": %s", strerror(errno));
		if (ioctl(fd, FL_STRETCH_POINT, &points[i]) < 0)
			ft_fail("a probe in %s: %s", points[i].function, strerror(errno));
		close(fd);
	}
}

static void fault(void)
{
	char *page = mmap(NULL, PAGES * FT_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		ft_fail("mmap: %s", strerror(errno));
	for (size_t i = 0; i < PAGES; i++)
		*(volatile char *)(page + i * FT_PAGE) = 1;
	munmap(page, PAGES * FT_PAGE);
}

static void work(unsigned index, void *arg)
{
	_Atomic bool *done = arg;

	while (index && !atomic_load(done))
		fault();
	for (unsigned i = 0; !index && i < ft_rounds(ROUNDS); i++)
		come_and_go();
	if (!index)
		atomic_store(done, true);
}

static void places(const void *arg)
{
	_Atomic bool done = false;

	(void)arg;
	ft_team_run(ft_cpus() + 1, work, &done);
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(places, NULL, "places");
}

const struct ft_test stretch_places[] = {
	{.name = "stretch-places",
	 .summary = "probes come and go where all CPUs are",
	 .timeout_ms = 120000,
	 .memory_mib = 128,
	 .modules = "fl_stretch",
	 .config = "CONFIG_KRETPROBES",
	 .run = run},
	{.name = NULL},
};
