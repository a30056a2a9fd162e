// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the pages of a shared mapping are charged to the memory cgroup of the process that
 * touches them first, and are uncharged when they go: a child in a group of its own stores to fresh
 * shared pages; "shmem" of the group's memory.stat must rise by them, and when the child and the
 * mapping are gone the group can be removed and, before that, holds none of them.
 *
 * A kernel that forgets a charge on one way through the fault shows too little, or keeps the group.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_group.h"
#include "ft_procfs.h"
#include "ft_touch.h"
#include "table.h"

#include <sched.h>

#define GROUP	  FT_GROUP_AT "/memcg-shared"
#define PAGES	  2048
#define SETTLE_MS 5000

/* Charges and statistics are gathered for each CPU in batches of 64 pages. */
#define SLACK_BYTES ((uint64_t)64 * FT_PAGE * ft_cpus())

static uint64_t shmem_bytes(void)
{
	return ft_procfs_number(GROUP "/memory.stat", "shmem");
}

/* What the statistics of the CPUs still keep to themselves comes in time. */
static void expect_shmem(uint64_t low, uint64_t high, const char *when)
{
	struct ft_limit limit = ft_limit_new(SETTLE_MS);
	uint64_t bytes;

	while ((bytes = shmem_bytes()) + SLACK_BYTES < low || bytes > high + SLACK_BYTES) {
		if (ft_limit_is_over(&limit))
			ft_fail("shmem of the memory cgroup is %llu bytes %s, and %llu to %llu "
				"were due",
				(unsigned long long)bytes, when, (unsigned long long)low,
				(unsigned long long)high);
		sched_yield();
	}
}

static void touch_in_group(void *arg)
{
	const enum ft_kind *kind = arg;
	struct ft_touch result;
	struct ft_map map;

	ft_group_join(GROUP);
	map = ft_map_new(*kind, PAGES);
	result = ft_touch_pages(&map, ft_cpus(), ft_stream("memcg-shared"));
	ft_touch_report(&map, &result);
	ft_touch_verify(&map, result.seed);
	expect_shmem(map.bytes, map.bytes, "after a store to each page");
	ft_map_free(&map);
}

static void charge(const void *arg)
{
	enum ft_kind kind = *(const enum ft_kind *)arg;

	ft_group_make(GROUP);
	ft_bounded_child(touch_in_group, &kind, "a process in a memory cgroup");
	expect_shmem(0, 0, "after its process has ended");
	ft_group_remove(GROUP);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_ANON, FT_SHM};

	(void)test;
	ft_group_mount();
	ft_plan(4);
	for (size_t k = 0; k < 4; k++)
		ft_case(charge, &kinds[k], "%s", ft_kind_name(kinds[k]));
	ft_group_unmount();
}

const struct ft_test memcg_shared = {
	.name = "memcg-shared",
	.summary = "shared pages are charged to the memory cgroup of their first touch, and back",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.config = "CONFIG_MEMCG CONFIG_TMPFS CONFIG_SYSVIPC",
	.run = run,
};
