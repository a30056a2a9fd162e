// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that locked shared pages are brought in, counted and given back: mlock, mlock2 with
 * MLOCK_ONFAULT, MAP_LOCKED and mlockall, of what is there and of what comes later, on tmpfs, on
 * anonymous shared memory and on SysV shared memory. VmLck of the process is the size of the mapping;
 * what is locked at once has all of its pages mapped, what is locked on fault has none before the
 * stores; the system's Mlocked counts them once they are mapped, and no advice takes them away; a child
 * has nothing locked; what mremap adds to a locked mapping, where it is or elsewhere, is locked and
 * counted, too, and what it takes off or leaves behind is not; and after munmap VmLck and Mlocked are
 * what they were.
 *
 * A kernel that maps a locked page without telling mlock leaves it on the lists that reclaim
 * searches; one that loses track of such a page keeps it for ever.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_procfs.h"
#include "ft_touch.h"
#include "table.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>

#define PAGES	  256
#define SETTLE_MS 5000

/* What others lock or let go of meanwhile: nobody does, but the batches of the CPUs are late. */
#define SLACK_KB 128

enum way { MLOCK, ON_FAULT, MAPPED_LOCKED, ALL, WAYS };

static const char *const way_names[WAYS] = {"mlock", "mlock-onfault", "map-locked", "mlockall"};

struct shape {
	enum ft_kind kind;
	enum way way;
};

struct growth {
	enum ft_kind kind;
	int flags; /* of mremap(2) */
};

struct future {
	enum ft_kind kind;
	int flags; /* of mlockall(2), beside MCL_FUTURE */
};

static uint64_t locked_by_us_kb(void)
{
	return ft_procfs_number("/proc/self/status", "VmLck:");
}

static uint64_t locked_by_all_kb(void)
{
	(void)ft_procfs_vmstat("nr_mlock");
	return ft_procfs_number("/proc/meminfo", "Mlocked:");
}

static size_t resident(const struct ft_map *map)
{
	FILE *file = fopen("/proc/self/pagemap", "re");
	uint64_t entry;
	size_t n = 0;

	if (!file || fseek(file, (long)((uintptr_t)map->addr / FT_PAGE * sizeof(entry)), SEEK_SET))
		ft_fail_errno("/proc/self/pagemap");
	for (size_t page = 0; page < PAGES; page++) {
		if (fread(&entry, sizeof(entry), 1, file) != 1)
			ft_fail("/proc/self/pagemap came short");
		n += entry >> 63;
	}
	fclose(file);
	return n;
}

static struct ft_map lock_new(const struct shape *shape)
{
	struct ft_map map;

	if (shape->way == MAPPED_LOCKED)
		return ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_LOCKED);
	map = ft_map_new(shape->kind, PAGES);
	if (shape->way == MLOCK && mlock(map.addr, map.bytes) < 0)
		ft_fail_errno("mlock");
	if (shape->way == ON_FAULT && mlock2(map.addr, map.bytes, MLOCK_ONFAULT) < 0)
		ft_fail_errno("mlock2");
	if (shape->way == ALL && mlockall(MCL_CURRENT) < 0)
		ft_fail_errno("mlockall");
	return map;
}

static void expect_locked(const struct shape *shape, const struct ft_map *map)
{
	size_t expected = shape->way == ON_FAULT ? 0 : PAGES, found = resident(map);
	uint64_t kb = locked_by_us_kb();

	if (found != expected)
		ft_fail("%zu pages are mapped after %s, and not %zu", found, way_names[shape->way],
			expected);
	if (shape->way == ALL ? kb < map->bytes / 1024 : kb != map->bytes / 1024)
		ft_fail("VmLck is %llu kB after %s of %zu kB", (unsigned long long)kb,
			way_names[shape->way], map->bytes / 1024);
}

static void expect_locked_kb(uint64_t expected, const char *when)
{
	uint64_t found = locked_by_us_kb();

	if (found != expected)
		ft_fail("VmLck is %llu kB after %s, and not %llu kB", (unsigned long long)found,
			when, (unsigned long long)expected);
}

/* Where a mapping may go. */
static char *free_place(size_t bytes)
{
	char *addr = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr == MAP_FAILED || munmap(addr, bytes) < 0)
		ft_fail_errno("a place for a mapping");
	return addr;
}

static void expect_counted(uint64_t before_kb, const struct ft_map *map)
{
	uint64_t now_kb = locked_by_all_kb();

	if (now_kb + SLACK_KB < before_kb + map->bytes / 1024)
		ft_fail("Mlocked is %llu kB with %zu kB locked and mapped, and was %llu kB before",
			(unsigned long long)now_kb, map->bytes / 1024,
			(unsigned long long)before_kb);
}

/* What was unlocked leaves the count when the CPUs empty their lists of it. */
static void expect_given_back(uint64_t before_kb)
{
	struct ft_limit limit = ft_limit_new(SETTLE_MS);
	uint64_t now_kb;

	while ((now_kb = locked_by_all_kb()) > before_kb + SLACK_KB) {
		if (ft_limit_is_over(&limit))
			ft_fail("Mlocked is %llu kB after munmap, and was %llu kB before",
				(unsigned long long)now_kb, (unsigned long long)before_kb);
		sched_yield();
	}
}

static void expect_refused(const struct ft_map *map, int advice, const char *name)
{
	if (madvise(map->addr, map->bytes, advice) == 0 || errno != EINVAL)
		ft_fail("%s of locked pages did not give EINVAL", name);
	if (resident(map) != PAGES)
		ft_fail("%zu of %u locked pages are mapped after %s was refused", resident(map),
			PAGES, name);
}

static void look_as_child(void *arg)
{
	const struct ft_map *map = arg;

	expect_locked_kb(0, "fork, in the child");
	if (munmap(map->addr, map->bytes) < 0)
		ft_fail_errno("munmap");
	expect_locked_kb(0, "munmap in a child of what its parent has locked");
}

static void fork_locked(struct ft_map *map)
{
	uint64_t before_kb = locked_by_us_kb();

	ft_bounded_child(look_as_child, map, "a child whose parent has memory locked");
	expect_locked_kb(before_kb, "fork");
}

static void lock_and_touch(const void *arg)
{
	const struct shape *shape = arg;
	uint64_t before_kb = locked_by_all_kb();
	struct ft_map map = lock_new(shape);
	struct ft_touch result;

	expect_locked(shape, &map);
	result = ft_touch_pages(&map, ft_cpus(), ft_stream("locked-shared"));
	ft_touch_report(&map, &result);
	ft_touch_verify(&map, result.seed);
	if (resident(&map) != PAGES)
		ft_fail("%zu of %u locked pages are mapped after a store to each", resident(&map),
			PAGES);
	expect_counted(before_kb, &map);
	expect_refused(&map, MADV_DONTNEED, "MADV_DONTNEED");
	expect_refused(&map, MADV_REMOVE, "MADV_REMOVE");
	fork_locked(&map);
	ft_map_unmap(&map);
	if (shape->way == ALL && munlockall() < 0)
		ft_fail_errno("munlockall");
	expect_locked_kb(0, "munmap of all that was locked");
	/* Before the file goes: a page that is freed is counted no more, however it was unmapped. */
	expect_given_back(before_kb);
	ft_map_free(&map);
}

/* Half of a locked mapping is taken away and comes back by mremap. */
static void lock_and_grow(const void *arg)
{
	const struct growth *growth = arg;
	struct ft_map map = ft_map_new(growth->kind, PAGES);
	size_t half = map.bytes / 2;

	if (mlock(map.addr, map.bytes) < 0 || munmap(map.addr + half, half) < 0)
		ft_fail_errno("mlock and munmap of a half");
	expect_locked_kb(half / 1024, "munmap of a half of what was locked");
	map.addr = mremap(map.addr, half, map.bytes, growth->flags,
			  growth->flags & MREMAP_FIXED ? free_place(map.bytes) : NULL);
	if (map.addr == MAP_FAILED)
		ft_fail_errno("mremap of a locked mapping");
	expect_locked_kb(map.bytes / 1024, "mremap to twice the size");
	if (resident(&map) != PAGES)
		ft_fail("%zu of %u pages are mapped after mremap of a locked mapping",
			resident(&map), PAGES);
	ft_map_free(&map);
	expect_locked_kb(0, "munmap of all that was locked");
}

static void lock_future(const void *arg)
{
	const struct future *future = arg;
	uint64_t before_kb = locked_by_us_kb();
	size_t expected = future->flags ? 0 : PAGES, found;
	struct ft_map map;

	if (mlockall(MCL_FUTURE | future->flags) < 0)
		ft_fail_errno("mlockall");
	map = ft_map_new(future->kind, PAGES);
	found = resident(&map);
	if (found != expected)
		ft_fail("%zu pages of a mapping made after mlockall are mapped, and not %zu", found,
			expected);
	if (locked_by_us_kb() < before_kb + map.bytes / 1024)
		ft_fail("VmLck is %llu kB after mlockall and a mapping of %zu kB",
			(unsigned long long)locked_by_us_kb(), map.bytes / 1024);
	if (munlockall() < 0)
		ft_fail_errno("munlockall");
	expect_locked_kb(before_kb, "munlockall");
	ft_map_free(&map);
}

/* A mapping of the same pages stays where it was, and is not locked. */
static void lock_and_leave(const void *arg)
{
	struct ft_map map = ft_map_new(*(const enum ft_kind *)arg, PAGES);
	char *to;

	if (mlock(map.addr, map.bytes) < 0)
		ft_fail_errno("mlock");
	for (size_t page = 0; page < PAGES; page++)
		map.addr[page * FT_PAGE] = 1;
	to = mremap(map.addr, map.bytes, map.bytes, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	if (to == MAP_FAILED)
		ft_fail_errno("MREMAP_DONTUNMAP");
	expect_locked_kb(map.bytes / 1024, "MREMAP_DONTUNMAP");
	for (size_t page = 0; page < PAGES; page++)
		if (to[page * FT_PAGE] != 1 || ((volatile char *)map.addr)[page * FT_PAGE] != 1)
			ft_fail("page %zu is not what was stored there before MREMAP_DONTUNMAP",
				page);
	ft_map_free(&map);
	expect_locked_kb(map.bytes / 1024, "munmap of what MREMAP_DONTUNMAP left");
	munmap(to, map.bytes);
	expect_locked_kb(0, "munmap of all that was locked");
}

static void expect_mapped(char *addr, size_t bytes, bool expected)
{
	static unsigned char in_memory[PAGES];

	if ((mincore(addr, bytes, in_memory) == 0) != expected)
		ft_fail("%s after a part of it was made shorter by mremap",
			expected ? "the rest of a mapping is gone"
				 : "what a mapping lost is still mapped");
}

/* Its first half becomes a quarter; what is behind that is not concerned. */
static void lock_and_shrink(const void *arg)
{
	struct ft_map map = ft_map_new(*(const enum ft_kind *)arg, PAGES);
	size_t quarter = map.bytes / 4, half = map.bytes / 2;

	if (mlock(map.addr, map.bytes) < 0 || mremap(map.addr, half, quarter, 0) != map.addr)
		ft_fail_errno("mlock and mremap");
	expect_mapped(map.addr, quarter, true);
	expect_mapped(map.addr + quarter, quarter, false);
	expect_mapped(map.addr + half, half, true);
	expect_locked_kb((map.bytes - quarter) / 1024, "mremap to less");
	ft_map_free(&map);
	expect_locked_kb(0, "munmap of all that was locked");
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_ANON, FT_SHM};

	(void)test;
	ft_plan(3 * WAYS - 1 + 2 * 6);
	for (size_t k = 0; k < 3; k++)
		for (int way = 0; way < WAYS; way++) {
			struct shape shape = {.kind = kinds[k], .way = (enum way)way};

			/* shmat has no flags of mmap. */
			if (kinds[k] != FT_SHM || way != MAPPED_LOCKED)
				ft_case(lock_and_touch, &shape, "%s-%s", ft_kind_name(kinds[k]),
					way_names[way]);
		}
	for (size_t k = 0; k < 2; k++) {
		struct growth growth = {.kind = kinds[k]};
		struct future future = {.kind = kinds[k]};

		ft_case(lock_and_grow, &growth, "%s-grow", ft_kind_name(kinds[k]));
		growth.flags = MREMAP_MAYMOVE | MREMAP_FIXED;
		ft_case(lock_and_grow, &growth, "%s-move-and-grow", ft_kind_name(kinds[k]));
		ft_case(lock_and_leave, &kinds[k], "%s-leave", ft_kind_name(kinds[k]));
		ft_case(lock_and_shrink, &kinds[k], "%s-shrink", ft_kind_name(kinds[k]));
		ft_case(lock_future, &future, "%s-future", ft_kind_name(kinds[k]));
		future.flags = MCL_ONFAULT;
		ft_case(lock_future, &future, "%s-future-onfault", ft_kind_name(kinds[k]));
	}
}

const struct ft_test locked_shared = {
	.name = "locked-shared",
	.summary = "locked shared pages are brought in, counted, and given back",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.config = "CONFIG_TMPFS CONFIG_SYSVIPC CONFIG_PROC_PAGE_MONITOR",
	.run = run,
};
