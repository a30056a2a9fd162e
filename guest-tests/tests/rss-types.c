// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a page that a fault maps is counted where it belongs while it is mapped, and
 * nowhere after: RssShmem for tmpfs, memfd, MAP_SHARED|MAP_ANONYMOUS and SysV shared memory,
 * RssFile for ext4, RssAnon for private copies of any of them; after loads, after stores, after
 * MADV_DONTNEED and munmap; from one thread and from as many as vCPUs.
 *
 * A kernel that counts a page as the wrong type, twice, or not at all is off by the whole mapping
 * here; what is left at the end of the process is the kernel's own "Bad rss-counter state".
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_procfs.h"
#include "ft_team.h"
#include "table.h"

#include <stdbool.h>
#include <sys/mman.h>

#define PAGES 1024
/*
 * A counter of a process is a per-CPU one, read without its CPUs' shares: up to a batch of 32 on
 * each CPU stays unseen (lib/percpu_counter.c); and the program's own pages come as they are used.
 */
#define SLACK (32 * 8 + 64)

enum { ANON, FILE_PAGES, SHMEM, TYPES };

static const char *const type_names[TYPES] = {"RssAnon", "RssFile", "RssShmem"};

struct shape {
	enum ft_kind kind;
	bool private, store;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	char *addr;
};

struct counts {
	int64_t pages[TYPES];
};

static struct counts read_counts(void)
{
	static const char *const keys[TYPES] = {"RssAnon:", "RssFile:", "RssShmem:"};
	struct counts counts;

	for (int type = 0; type < TYPES; type++)
		counts.pages[type] =
			(int64_t)ft_procfs_number("/proc/self/status", keys[type]) * 1024 / FT_PAGE;
	return counts;
}

static int type_of(const struct shape *shape)
{
	if (shape->private && shape->store)
		return ANON;
	return shape->kind == FT_EXT4 ? FILE_PAGES : SHMEM;
}

static void expect(const struct counts *base, int rises, int64_t by, const char *when)
{
	struct counts now = read_counts();

	for (int type = 0; type < TYPES; type++) {
		int64_t rose = now.pages[type] - base->pages[type];
		int64_t due = type == rises ? by : 0;

		if (rose < due - SLACK || rose > due + SLACK)
			ft_fail("%s rose by %lld pages, and not by %lld, %s", type_names[type],
				(long long)rose, (long long)due, when);
	}
}

static void touch_share(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = index; page < PAGES; page += job->shape->threads) {
		volatile char *at = job->addr + page * FT_PAGE;

		if (job->shape->store)
			*at = 1;
		else
			(void)*at;
	}
}

static void fill_cache(const struct ft_map *map)
{
	char *addr;

	/* Loads of holes in a shared file bring pages in; a private mapping loads them, too. */
	if (map->fd < 0)
		return;
	addr = mmap(NULL, map->bytes, PROT_READ, MAP_SHARED, map->fd, 0);
	if (addr == MAP_FAILED || madvise(addr, map->bytes, MADV_POPULATE_READ) < 0)
		ft_fail_errno("MADV_POPULATE_READ");
	munmap(addr, map->bytes);
}

static void count(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
					shape->private ? MAP_PRIVATE : MAP_SHARED);
	struct job job = {.shape = shape, .addr = map.addr};
	int type = type_of(shape);
	struct counts base;

	fill_cache(&map);
	(void)read_counts();
	base = read_counts();
	ft_team_run(shape->threads, touch_share, &job);
	expect(&base, type, PAGES, "after every page was touched");
	ft_team_run(shape->threads, touch_share, &job);
	expect(&base, type, PAGES, "after every page was touched again");
	if (madvise(map.addr, map.bytes / 2, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	expect(&base, type, PAGES / 2, "after MADV_DONTNEED of half of it");
	ft_team_run(shape->threads, touch_share, &job);
	expect(&base, type, PAGES, "after that half was touched again");
	ft_map_unmap(&map);
	expect(&base, type, 0, "after munmap");
	ft_metric_add("pages", PAGES);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const struct {
		const char *name;
		enum ft_kind kind;
		bool private, store;
	} cases[] = {
		{"tmpfs-load", FT_TMPFS, false, false},
		{"tmpfs-store", FT_TMPFS, false, true},
		{"tmpfs-private-store", FT_TMPFS, true, true},
		{"memfd-private-load", FT_MEMFD, true, false},
		{"memfd-store", FT_MEMFD, false, true},
		{"anon-store", FT_ANON, false, true},
		{"shm-store", FT_SHM, false, true},
		{"ext4-load", FT_EXT4, false, false},
		{"ext4-store", FT_EXT4, false, true},
		{"ext4-private-load", FT_EXT4, true, false},
		{"ext4-private-store", FT_EXT4, true, true},
	};

	(void)test;
	ft_disk_mount("ext4");
	ft_plan(11);
	for (size_t i = 0; i < 11; i++) {
		struct shape shape = {.kind = cases[i].kind,
				      .private = cases[i].private,
				      .store = cases[i].store,
				      .threads = i % 2 ? ft_cpus() : 1};

		ft_case(count, &shape, "%s", cases[i].name);
	}
	ft_disk_release("ext4");
}

const struct ft_test rss_types = {
	.name = "rss-types",
	.summary = "mapped pages are counted as what they are, and no longer when they are gone",
	.timeout_ms = 15000,
	.memory_mib = 192,
	.disks = "ext4",
	.config =
		"CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_SYSVIPC CONFIG_EXT4_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
