// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the first store through a shared mapping moves mtime and ctime of the file, on tmpfs,
 * ext4 (also with blocks smaller than a page) and xfs, and so does the first one after its page, dirty
 * by now, left the page tables; on a disk also a store after a load, and the first one after the page
 * was written back (msync), each time again; that a load, a private store, mlock and MAP_POPULATE move
 * neither.
 *
 * A kernel that forgets file_update_time in page_mkwrite or, where there is none, at the end of
 * the fault leaves the old times, be it only of a page that is dirty already: backups and make then
 * miss the change.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "table.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#define PAGES 8

struct shape {
	enum ft_kind kind;
	bool private, load_first;
};

static uint64_t ns_of(struct timespec time)
{
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t mtime_ns(const struct ft_map *map)
{
	struct stat stat;

	if (fstat(map->fd, &stat) < 0)
		ft_fail_errno("fstat");
	return ns_of(stat.st_mtim);
}

static uint64_t ctime_ns(const struct ft_map *map)
{
	struct stat stat;

	if (fstat(map->fd, &stat) < 0)
		ft_fail_errno("fstat");
	return ns_of(stat.st_ctim);
}

/* The clock that file systems read, which stands still between two ticks. */
static uint64_t coarse_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return ns_of(now);
}

/* Returns a time that no store before this call can have got. */
static uint64_t next_tick(void)
{
	uint64_t now = coarse_ns();

	while (coarse_ns() == now)
		sched_yield();
	return coarse_ns();
}

static void store_moves(const struct ft_map *map, size_t page, const char *which)
{
	uint64_t from = next_tick(), mtime, ctime, to;

	((volatile char *)map->addr)[page * FT_PAGE] = (char)from;
	to = next_tick();
	mtime = mtime_ns(map);
	ctime = ctime_ns(map);
	if (mtime < from || mtime > to)
		ft_fail("%s left mtime %lld us off the time of the store", which,
			((long long)mtime - (long long)from) / 1000);
	if (ctime < from || ctime > to)
		ft_fail("%s left ctime %lld us off the time of the store", which,
			((long long)ctime - (long long)from) / 1000);
	ft_metric_add("moves", 1);
}

static void load_all(const struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++)
		if (((volatile char *)map->addr)[page * FT_PAGE])
			ft_fail("page %zu, never written, does not read as zero", page);
}

static void expect_unmoved(const struct ft_map *map, uint64_t mtime, uint64_t ctime,
			   const char *what)
{
	if (mtime_ns(map) != mtime || ctime_ns(map) != ctime)
		ft_fail("%s moved the times of the file", what);
}

static void store_to_dirty(const struct ft_map *map)
{
	if (madvise(map->addr, map->bytes, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	for (size_t page = 0; page < PAGES; page++)
		store_moves(map, page, "the first store to a dirty page that nobody had mapped");
}

/* Written back, the page is write-protected, and so the next store faults again. */
static void store_after_write_back(const struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++) {
		if (msync(map->addr, map->bytes, MS_SYNC) < 0)
			ft_fail_errno("msync");
		store_moves(map, page, "the first store after a write-back");
	}
}

static void look(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
					shape->private ? MAP_PRIVATE : MAP_SHARED);
	uint64_t mtime = mtime_ns(&map), ctime = ctime_ns(&map);

	next_tick();
	if (shape->load_first)
		load_all(&map);
	expect_unmoved(&map, mtime, ctime, "a load");
	if (shape->private) {
		for (size_t page = 0; page < PAGES; page++)
			((volatile char *)map.addr)[page * FT_PAGE] = 1;
		expect_unmoved(&map, mtime, ctime, "a private store");
	} else {
		for (size_t page = 0; page < PAGES; page++)
			store_moves(&map, page, "a first store");
		store_to_dirty(&map);
	}
	if (!shape->private && ft_kind_on_disk(shape->kind))
		store_after_write_back(&map);
	ft_map_free(&map);
}

/* Pages that are brought in without an access are read, also where they may be written. */
static void bring_in(const void *arg)
{
	enum ft_kind kind = *(const enum ft_kind *)arg;
	struct ft_map map = ft_map_new(kind, PAGES);
	uint64_t mtime = mtime_ns(&map), ctime = ctime_ns(&map);
	void *second;

	next_tick();
	if (mlock(map.addr, map.bytes) < 0 || munlock(map.addr, map.bytes) < 0)
		ft_fail_errno("mlock");
	expect_unmoved(&map, mtime, ctime, "mlock");
	if (madvise(map.addr, map.bytes, MADV_DONTNEED) < 0 ||
	    madvise(map.addr, map.bytes, MADV_POPULATE_READ) < 0)
		ft_fail_errno("MADV_POPULATE_READ");
	expect_unmoved(&map, mtime, ctime, "MADV_POPULATE_READ");
	second =
		mmap(NULL, map.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, map.fd, 0);
	if (second == MAP_FAILED)
		ft_fail_errno("mmap with MAP_POPULATE");
	expect_unmoved(&map, mtime, ctime, "MAP_POPULATE");
	munmap(second, map.bytes);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	/* Where pages are not written back, a load maps the page writable, and no store faults. */
	static const struct {
		const char *name;
		struct shape shape;
	} cases[] = {
		{"tmpfs-store", {FT_TMPFS, false, false}},
		{"tmpfs-private-store", {FT_TMPFS, true, true}},
		{"memfd-store", {FT_MEMFD, false, false}},
		{"ext4-store", {FT_EXT4, false, false}},
		{"ext4-load-store", {FT_EXT4, false, true}},
		{"ext4-private-store", {FT_EXT4, true, true}},
		{"ext4-1k-store", {FT_EXT4_1K, false, false}},
		{"ext4-1k-load-store", {FT_EXT4_1K, false, true}},
		{"xfs-store", {FT_XFS, false, false}},
		{"xfs-load-store", {FT_XFS, false, true}},
		{"xfs-private-store", {FT_XFS, true, true}},
	};
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_EXT4, FT_EXT4_1K, FT_XFS};
	size_t n_cases = sizeof(cases) / sizeof(*cases), n_kinds = sizeof(kinds) / sizeof(*kinds);

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("ext4-1k");
	ft_disk_mount("xfs");
	ft_plan((unsigned)(n_cases + n_kinds));
	for (size_t i = 0; i < n_cases; i++)
		ft_case(look, &cases[i].shape, "%s", cases[i].name);
	for (size_t i = 0; i < n_kinds; i++)
		ft_case(bring_in, &kinds[i], "%s-brought-in", ft_kind_name(kinds[i]));
	ft_disk_release("xfs");
	ft_disk_release("ext4-1k");
	ft_disk_release("ext4");
}

const struct ft_test file_times = {
	.name = "file-times",
	.summary = "the first store to a page, and the first after a write-back, move mtime and "
		   "ctime",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.disks = "ext4 ext4-1k xfs",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
