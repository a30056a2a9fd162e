// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that large folios in shared memory are mapped right, of each size that the kernel offers:
 * threads store to the pages of a mapping in an order of their own, so that most faults meet a folio
 * that is partly mapped; half of a folio is mapped beside other memory; another mapping is shifted by
 * a page, so that folios lie across its page tables, and is read or written first; each entry of a
 * folio goes and comes back beside all others; half of the mapping is made read-only, which refuses
 * stores to it alone, and writable again, a child faults it in anew, a hole splits a folio, and each
 * page is compared by the mapping and by pread.
 *
 * A kernel that maps the wrong page of a folio, or misses what the hole took away, shows wrong
 * data; one that comes back to the same fault for ever does not end; one that maps all of a folio over
 * what is there counts it twice, and past the end of a page table destroys what is behind; one that
 * leaves out huge entries when rights change lets stores through.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_procfs.h"
#include "ft_touch.h"
#include "ft_trap.h"
#include "table.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZES	      "/sys/kernel/mm/transparent_hugepage"
#define MOUNT	      "/mnt/huge-shmem"
#define SIZES_MAX     16
#define PAGES	      1024 /* 4 MiB: two of the largest folios */
#define HOLE_FIRST    517  /* in the middle of a folio of every size */
#define HOLE_PAGES    3
#define SHIFTED_FIRST 480 /* 32 before the end of a page table */
#define SHIFTED_PAGES 64

static unsigned sizes_kb[SIZES_MAX], n_sizes;

static void knob_path(unsigned kb, char path[96])
{
	snprintf(path, 96, SIZES "/hugepages-%ukB/shmem_enabled", kb);
}

/* The largest has "inherit" from the start, the others "never". */
static void set_size(unsigned kb, const char *value)
{
	char path[96];

	knob_path(kb, path);
	ft_procfs_write(path, value);
}

static int by_value(const void *a, const void *b)
{
	unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

	return (left > right) - (left < right);
}

static void find_sizes(void)
{
	DIR *folder = opendir(SIZES);
	struct dirent *entry;
	char path[96];

	while (folder && (entry = readdir(folder))) {
		unsigned kb;

		if (sscanf(entry->d_name, "hugepages-%ukB", &kb) != 1 || n_sizes == SIZES_MAX)
			continue;
		knob_path(kb, path);
		if (access(path, W_OK) == 0)
			sizes_kb[n_sizes++] = kb;
	}
	if (folder)
		closedir(folder);
	qsort(sizes_kb, n_sizes, sizeof(*sizes_kb), by_value);
}

/* Wherever one entry alone is looked at, there is a turn in which it is the only one that is not set. */
static void refault_each(const struct ft_map *map, size_t folio_bytes)
{
	for (char *at = map->addr; at < map->addr + folio_bytes; at += FT_PAGE) {
		char held = *(volatile char *)at;

		if (madvise(at, FT_PAGE, MADV_DONTNEED) < 0)
			ft_fail_errno("MADV_DONTNEED");
		*(volatile char *)at = held;
	}
}

/* In the first page, a middle one and the last one; each store is of what is there. */
static void store_to_protected(char *addr, size_t bytes)
{
	const size_t places[] = {0, bytes / 2, bytes - FT_PAGE};
	struct ft_trap trap = ft_trap_store(addr + bytes, addr[bytes]);

	ft_trap_expect_none(&trap, "a store behind the part that was made read-only");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char *at = addr + places[i];

		trap = ft_trap_store(at, *at);
		ft_trap_expect(&trap, SIGSEGV, at, "a store to the part that was made read-only");
	}
}

static void protect_half(void *arg)
{
	const struct ft_map *map = arg;
	size_t bytes = map->bytes / 2 + FT_PAGE;

	if (mprotect(map->addr, bytes, PROT_READ) < 0)
		ft_fail_errno("mprotect");
	store_to_protected(map->addr, bytes);
	if (mprotect(map->addr, bytes, PROT_READ | PROT_WRITE) < 0)
		ft_fail_errno("mprotect");
}

static void read_all(void *arg)
{
	struct ft_map seen = *(const struct ft_map *)arg;

	seen.kind = FT_ANON; /* compared through the mapping */
	ft_touch_verify(&seen, ft_stream("huge-shmem"));
}

static void punch(void *arg)
{
	const struct ft_map *map = arg;

	if (madvise(map->addr + HOLE_FIRST * FT_PAGE, HOLE_PAGES * FT_PAGE, MADV_REMOVE) < 0)
		ft_fail_errno("MADV_REMOVE");
}

static void expect_hole(const struct ft_map *map)
{
	char expected[FT_PAGE], found[FT_PAGE];

	for (size_t page = 0; page < PAGES; page++) {
		ft_touch_expected(ft_stream("huge-shmem"), page, expected);
		if (page >= HOLE_FIRST && page < HOLE_FIRST + HOLE_PAGES)
			memset(expected, 0, FT_PAGE);
		memcpy(found, map->addr + page * FT_PAGE, FT_PAGE);
		if (memcmp(found, expected, FT_PAGE) == 0 && ft_map_readable(map))
			ft_map_pread(map, page, found);
		if (memcmp(found, expected, FT_PAGE) != 0)
			ft_fail("page %zu does not hold what it should after a hole was punched",
				page);
	}
}

static void cut(void *arg)
{
	const struct ft_map *map = arg;

	if (ftruncate(map->fd, HOLE_FIRST * FT_PAGE) < 0 ||
	    ftruncate(map->fd, (off_t)map->bytes) < 0)
		ft_fail_errno("ftruncate");
}

static void expect_cut(const struct ft_map *map)
{
	for (size_t page = HOLE_FIRST; page < PAGES; page++)
		for (size_t at = 0; at < FT_PAGE; at += sizeof(uint64_t))
			if (*(volatile uint64_t *)(map->addr + page * FT_PAGE + at))
				ft_fail("page %zu, cut off and grown again, is not zero", page);
}

/* So many bytes that nobody else maps, at the alignment of the largest folio. */
static char *aligned_room(size_t bytes)
{
	size_t align = (size_t)sizes_kb[n_sizes - 1] * 1024;
	char *room = mmap(NULL, bytes + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		ft_fail_errno("mmap");
	return room + (align - (uintptr_t)room % align);
}

/* A folio is only made where its place in the file and its address have the same alignment. */
static void map_aligned(struct ft_map *map, int flags)
{
	map->addr = mmap(aligned_room(map->bytes), map->bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED | flags, map->fd, 0);
	if (map->addr == MAP_FAILED)
		ft_fail_errno("mmap");
}

/* The mount is gone from sight at once, and there as long as its file is. */
static struct ft_map map_mounted(const char *options)
{
	struct ft_map map = {.kind = FT_TMPFS, .bytes = PAGES * FT_PAGE};

	mkdir(MOUNT, 0755);
	if (mount("tmpfs", MOUNT, "tmpfs", 0, options) < 0)
		ft_fail_errno(options);
	map.fd = open(MOUNT, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (umount2(MOUNT, MNT_DETACH) < 0 || map.fd < 0 || ftruncate(map.fd, (off_t)map.bytes) < 0)
		ft_fail_errno("a file on a tmpfs with huge pages");
	map_aligned(&map, 0);
	if (madvise(map.addr, map.bytes, MADV_HUGEPAGE) < 0)
		ft_fail_errno("MADV_HUGEPAGE");
	return map;
}

static uint64_t allocated(unsigned kb)
{
	char path[96];
	FILE *file;
	unsigned long long n = 0;

	snprintf(path, sizeof(path), SIZES "/hugepages-%ukB/stats/shmem_alloc", kb);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%llu", &n) != 1)
		ft_fail_errno(path);
	fclose(file);
	return n;
}

/* A mapping that ends in the middle of a folio, and memory behind it that nobody touched. */
static void store_in_half(const struct ft_map *map, size_t folio_bytes)
{
	const char *whole = map->addr + folio_bytes;
	char *room =
		mmap(NULL, folio_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED ||
	    mremap((void *)whole, 0, folio_bytes / 2, MREMAP_MAYMOVE | MREMAP_FIXED, room) != room)
		ft_fail_errno("a mapping of half a folio");
	*(volatile char *)room = *whole;
	for (size_t at = folio_bytes / 2; at < folio_bytes; at++)
		if (((volatile char *)room)[at])
			ft_fail("memory behind a mapping of half a folio of %zu kB shows the other "
				"half",
				folio_bytes / 1024);
	if (munmap(room, folio_bytes) < 0)
		ft_fail_errno("munmap");
}

/* A folio that lies across two page tables once it is shifted has some of its pages among these. */
static void touch_shifted(const struct ft_map *map, bool stores)
{
	char *to = aligned_room(map->bytes + FT_PAGE) + FT_PAGE;

	if (mremap(map->addr, 0, map->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		ft_fail_errno("a mapping that is shifted by a page");
	for (size_t page = SHIFTED_FIRST; page < SHIFTED_FIRST + SHIFTED_PAGES; page++) {
		size_t at = page * FT_PAGE;

		if (stores)
			*(volatile char *)(to + at) = map->addr[at];
		if (memcmp(to + at, map->addr + at, FT_PAGE) != 0)
			ft_fail("a mapping that is shifted by a page shows another page than %zu "
				"after a %s",
				page, stores ? "store" : "load");
	}
	if (munmap(to, map->bytes) < 0)
		ft_fail_errno("munmap");
}

static void touch_and_change(struct ft_map *map, unsigned kb)
{
	struct ft_touch result = ft_touch_pages(map, ft_cpus(), ft_stream("huge-shmem"));

	ft_touch_report(map, &result);
	ft_touch_verify(map, result.seed);
	refault_each(map, (size_t)kb * 1024);
	store_in_half(map, (size_t)kb * 1024);
	touch_shifted(map, false);
	touch_shifted(map, true);
	ft_trap_prepare();
	ft_bounded(protect_half, map, "mprotect of a part of the mapping");
	ft_touch_verify(map, result.seed);
	ft_bounded_child(read_all, map, "a child that faults in the mapping");
	ft_bounded(punch, map, "a hole in a large folio");
	expect_hole(map);
	if (map->fd >= 0) {
		ft_bounded(cut, map, "truncation in a large folio");
		expect_cut(map);
	}
	ft_map_free(map);
}

/* The knobs of the sizes are those of MAP_SHARED|MAP_ANONYMOUS. */
static void touch_anon(const void *arg)
{
	unsigned kb = *(const unsigned *)arg;
	uint64_t before = allocated(kb);
	struct ft_map map = {.kind = FT_ANON, .bytes = PAGES * FT_PAGE, .fd = -1};

	map_aligned(&map, MAP_ANONYMOUS);
	set_size(kb, "always");
	touch_and_change(&map, kb);
	set_size(kb, "never");
	ft_metric_add("large_folios", allocated(kb) - before);
}

static void touch_mounted(const void *arg)
{
	unsigned kb = sizes_kb[n_sizes - 1];
	uint64_t before = allocated(kb);
	struct ft_map map = map_mounted(arg);

	touch_and_change(&map, kb);
	ft_metric_add("large_folios", allocated(kb) - before);
}

static void run(const struct ft_test *test)
{
	static const char *const mounts[] = {"huge=always", "huge=within_size", "huge=advise"};

	(void)test;
	find_sizes();
	if (!n_sizes)
		ft_skip_all("the kernel offers no large folios for shared memory");
	ft_plan(n_sizes + 3);
	for (unsigned i = 0; i < n_sizes; i++)
		ft_case(touch_anon, &sizes_kb[i], "%ukB", sizes_kb[i]);
	for (unsigned i = 0; i < 3; i++)
		ft_case(touch_mounted, mounts[i], "%s", mounts[i]);
	/* As it is at boot: the largest follows the mounts. */
	set_size(sizes_kb[n_sizes - 1], "inherit");
}

const struct ft_test huge_shmem = {
	.name = "huge-shmem",
	.summary = "large folios in shared memory are mapped right, also in part and when split",
	.timeout_ms = 20000,
	.memory_mib = 192,
	.config = "CONFIG_TRANSPARENT_HUGEPAGE CONFIG_SHMEM CONFIG_TMPFS",
	.run = run,
};
