// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that an access past the end of a mapped file is a SIGBUS, for each page and for its own
 * address: loads and stores, shared and private, on tmpfs, memfd, ext4 and xfs; in pages that were
 * never there, and in pages that were touched, and copied, before ftruncate took them away. The
 * file ends in the middle of a page, between two pages, or is empty. Its last page is whole, with
 * zeros behind the end, and what comes back when the file grows again is zeros.
 *
 * A kernel that looks at the size too early or not at all lets the access through; one that
 * forgets pages on truncation shows old bytes; one that loses the error hangs in the fault.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "table.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 32

static const size_t ends[] = {FT_PAGE * 10 + FT_PAGE / 2, FT_PAGE * 9, 0};
#define ENDS (sizeof(ends) / sizeof(*ends))

struct shape {
	enum ft_kind kind;
	bool private, store, touched;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	char *addr;
	size_t end;
};

static void access_page(const struct job *job, size_t page, char value)
{
	char *at = job->addr + page * FT_PAGE + page * 64 % FT_PAGE;
	struct ft_trap trap = job->shape->store ? ft_trap_store(at, value) : ft_trap_load(at, NULL);

	if (page * FT_PAGE < job->end)
		ft_trap_expect_none(&trap, "an access before the end of a file");
	else
		ft_trap_expect(&trap, SIGBUS, at, "an access past the end of a file");
}

/* All threads meet at every page. */
static void access_all(unsigned index, void *arg)
{
	for (size_t page = 0; page < PAGES; page++)
		access_page(arg, page, (char)(index + 1));
}

static void touch_all(const struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++)
		((volatile char *)map->addr)[page * FT_PAGE + FT_PAGE - 1] = 1;
}

/* Pages that truncation took away come back as zeros, and so do the bytes behind the end. */
static void grow_and_look(const struct ft_map *map, const struct job *job)
{
	/* The private copy of the last page is the program's own, all of it. */
	size_t own = job->shape->private ? job->end % FT_PAGE : 0;

	if (ftruncate(map->fd, PAGES * FT_PAGE) < 0)
		ft_fail_errno("ftruncate to a greater size");
	for (size_t page = (job->end + own) / FT_PAGE; page < PAGES; page++) {
		char value = 0;
		struct ft_trap trap = ft_trap_load(map->addr + (page + 1) * FT_PAGE - 1, &value);

		ft_trap_expect_none(&trap, "a load from a file that grew");
		if (value)
			ft_fail("page %zu shows a byte from before the truncation", page);
	}
}

static void access_past(const struct ft_map *map, struct job *job, size_t end)
{
	job->end = end;
	if (job->shape->touched)
		touch_all(map);
	if (ftruncate(map->fd, (off_t)end) < 0)
		ft_fail_errno("ftruncate to a smaller size");
	ft_team_run(job->shape->threads, access_all, job);
	ft_metric_add("sigbus", (PAGES - (end + FT_PAGE - 1) / FT_PAGE) * job->shape->threads);
	grow_and_look(map, job);
}

static void access_past_end(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
					shape->private ? MAP_PRIVATE : MAP_SHARED);
	struct job job = {.shape = shape, .addr = map.addr};

	ft_trap_prepare();
	for (size_t i = 0; i < ENDS; i++)
		access_past(&map, &job, ends[i]);
	ft_map_free(&map);
}

static void run_kind(enum ft_kind kind)
{
	for (unsigned i = 0; i < 8; i++) {
		struct shape shape = {.kind = kind,
				      .private = i & 1,
				      .store = i & 2,
				      .touched = i & 4,
				      .threads = i % 3 ? ft_cpus() : 1};

		ft_case(access_past_end, &shape, "%s-%s%s%s", ft_kind_name(kind),
			shape.private ? "private-" : "", shape.store ? "store" : "load",
			shape.touched ? "-truncated" : "");
	}
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_plan(4 * 8);
	run_kind(FT_TMPFS);
	run_kind(FT_MEMFD);
	run_kind(FT_EXT4);
	run_kind(FT_XFS);
	ft_disk_release("xfs");
	ft_disk_release("ext4");
}

const struct ft_test past_end = {
	.name = "past-end",
	.summary = "an access past the end of a mapped file is a SIGBUS, and shows nothing old",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
