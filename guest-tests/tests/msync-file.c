// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a store to a page that came into the page cache without buffers reaches the disk by
 * msync alone: the page was evicted and read in again, or is a hole of a sparse file; it is stored
 * to at once, or read through the mapping before. After msync, with the mapping still there, every
 * page is clean and O_DIRECT finds every word; then store and msync again, since msync made the
 * pages read-only and clean; then once more after eviction. And that a store behind the old end of
 * a file, in a page that was stored to before the file grew, gets there, too.
 *
 * Two mappings of a file may store in turn, whichever of them was synced. msync of a mapping that
 * begins in the middle of a file, of a part of it, and of several mappings in a row syncs all of its
 * range, also where a page in between is not mapped, which is ENOMEM; with MS_INVALIDATE a range
 * that is locked is EBUSY.
 *
 * A kernel that makes such a page writable without asking the file system (page_mkwrite) finds no
 * block for it when it is written back; one that leaves it writable or dirty in the page tables
 * after msync, be it of one mapping only, does not write the second store; one that is wrong about
 * the range leaves dirty pages in it.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_team.h"
#include "ft_words.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	    64
#define SYNCS	    2
#define FEW_PAGES   8
#define GAP	    3			      /* the page in between */
#define SHORT_BYTES 1000		      /* less than a block of any of the file systems */
#define PFN_MASK    ((UINT64_C(1) << 55) - 1) /* Documentation/admin-guide/mm/pagemap.rst */

struct shape {
	enum ft_kind kind;
	bool sparse, read_first;
	unsigned threads;
};

struct job {
	struct ft_words words;
	struct ft_map map;
	bool read_first;
};

/* O_DIRECT would have written first what is dirty, and so prove nothing about msync. */
static bool is_dirty(int pagemap, int flags, const char *at)
{
	uint64_t entry, page_flags;
	off_t place = (off_t)((uintptr_t)at / FT_PAGE * sizeof(entry));

	if (pread(pagemap, &entry, sizeof(entry), place) != sizeof(entry))
		ft_fail_errno("/proc/self/pagemap");
	place = (off_t)((entry & PFN_MASK) * sizeof(page_flags));
	if (pread(flags, &page_flags, sizeof(page_flags), place) != sizeof(page_flags))
		ft_fail_errno("/proc/kpageflags");
	return page_flags >> KPF_DIRTY & 1;
}

static void expect_clean(const struct ft_map *map, size_t first, size_t end)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (pagemap < 0 || flags < 0)
		ft_fail_errno("/proc/self/pagemap and /proc/kpageflags");
	for (size_t page = first; page < end; page++)
		if (is_dirty(pagemap, flags, map->addr + page * FT_PAGE))
			ft_fail("page %zu is still dirty after msync", page);
	close(flags);
	close(pagemap);
}

static void sync_pages(const struct ft_map *map, size_t first, size_t end)
{
	if (msync(map->addr + first * FT_PAGE, (end - first) * FT_PAGE, MS_SYNC) < 0)
		ft_fail_errno("msync");
	expect_clean(map, first, end);
	ft_metric_add("pages_synced", end - first);
}

static void sync_all(const struct ft_map *map)
{
	sync_pages(map, 0, map->bytes / FT_PAGE);
}

static void store_all(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = 0; page < PAGES; page++)
		ft_words_store_either(&job->words, job->map.addr, page, index, job->read_first);
}

/* Down to nothing, and to its size again: holes only. */
static void make_sparse(const struct ft_map *map)
{
	if (ftruncate(map->fd, 0) < 0 || ftruncate(map->fd, (off_t)map->bytes) < 0 ||
	    fsync(map->fd) < 0)
		ft_fail_errno("ftruncate and fsync");
}

static void read_all(const struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++)
		if (*(volatile uint64_t *)(map->addr + page * FT_PAGE))
			ft_fail("page %zu of a file of zeros is not zero", page);
}

static void store_and_sync(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.words = ft_words_new(PAGES, shape->threads, ft_stream("msync-file")),
			  .map = ft_map_new(shape->kind, PAGES),
			  .read_first = shape->read_first};
	int direct = ft_map_open_direct(&job.map);

	if (shape->sparse)
		make_sparse(&job.map);
	ft_cache_evict(job.map.fd, job.map.bytes);
	if (shape->read_first)
		read_all(&job.map);
	for (int sync = 0; sync < SYNCS; sync++) {
		ft_team_run(shape->threads, store_all, &job);
		sync_all(&job.map);
		ft_words_verify_file(&job.words, direct, "O_DIRECT after msync");
	}
	ft_map_unmap(&job.map);
	ft_cache_evict(job.map.fd, job.map.bytes);
	ft_words_verify(&job.words, &job.map, "pread after eviction");
	close(direct);
	ft_map_free(&job.map);
}

/*
 * The file ends in the middle of a page that is stored to, and then at its end: the blocks behind
 * the old end are there only if the next store asks for them.
 */
static void store_and_grow(const void *arg)
{
	struct ft_map map = ft_map_new(*(const enum ft_kind *)arg, 1);
	char bytes[FT_PAGE];

	if (ftruncate(map.fd, 0) < 0 || ftruncate(map.fd, SHORT_BYTES) < 0)
		ft_fail_errno("ftruncate");
	map.addr[0] = 'a';
	if (ftruncate(map.fd, FT_PAGE) < 0)
		ft_fail_errno("ftruncate");
	map.addr[FT_PAGE - 1] = 'z';
	sync_all(&map);
	ft_map_unmap(&map);
	ft_cache_evict(map.fd, map.bytes);
	ft_map_pread(&map, 0, bytes);
	if (bytes[0] != 'a' || bytes[FT_PAGE - 1] != 'z' || bytes[SHORT_BYTES])
		ft_fail("the page of a file that grew after the first store is not what was "
			"stored");
	ft_map_free(&map);
}

static void store_pages(const struct job *job, size_t first, size_t end, unsigned owner)
{
	for (size_t page = first; page < end; page++)
		ft_words_store(&job->words, job->map.addr, page, owner);
}

static struct job new_job(const void *kind, size_t pages, unsigned owners)
{
	return (struct job){.words = ft_words_new(pages, owners, ft_stream("msync-file")),
			    .map = ft_map_new(*(const enum ft_kind *)kind, pages)};
}

/* By O_DIRECT, and so only after the pages were found to be clean. */
static void verify_and_free(struct job *job, const char *how)
{
	int direct = ft_map_open_direct(&job->map);

	ft_words_verify_file(&job->words, direct, how);
	close(direct);
	ft_map_free(&job->map);
}

/*
 * Both have the pages in their page tables, and msync finds one of them first: so each has its turn
 * to store once more.
 */
static void store_by_two(const void *arg)
{
	struct job jobs[2] = {new_job(arg, FEW_PAGES, 2)};
	int direct = ft_map_open_direct(&jobs[0].map);

	jobs[1] = jobs[0];
	ft_map_again(&jobs[1].map, MAP_SHARED);
	for (unsigned again = 0; again < 2; again++) {
		store_pages(&jobs[0], 0, FEW_PAGES, 0);
		store_pages(&jobs[1], 0, FEW_PAGES, 1);
		sync_all(&jobs[0].map);
		store_pages(&jobs[again], 0, FEW_PAGES, again);
		sync_all(&jobs[again].map);
		ft_words_verify_file(&jobs[0].words, direct,
				     "O_DIRECT after a store by one of two mappings and msync");
	}
	close(direct);
	ft_map_unmap(&jobs[1].map);
	ft_map_free(&jobs[0].map);
}

/* The file is in the cache in several parts, and more of such a part than the range may be synced. */
static void sync_middle(const void *arg)
{
	struct job job = new_job(arg, PAGES, 1);
	size_t first = PAGES / 2, end = PAGES - FEW_PAGES;

	if (munmap(job.map.addr, first * FT_PAGE) < 0 ||
	    munmap(job.map.addr + end * FT_PAGE, (PAGES - end) * FT_PAGE) < 0)
		ft_fail_errno("munmap");
	store_pages(&job, first, end, 0);
	sync_pages(&job.map, first + 2, end - 3);
	store_pages(&job, first, end, 0);
	sync_pages(&job.map, first, end);
	verify_and_free(&job, "O_DIRECT after msync of the middle of a file");
}

/* The gap may be in the range, at its end, or where it begins. */
static void sync_over_gap(const struct job *job, size_t first, size_t end, int expected)
{
	char *at = job->map.addr + first * FT_PAGE;
	int error;

	store_pages(job, 0, GAP, 0);
	store_pages(job, GAP + 1, FEW_PAGES, 0);
	error = msync(at, (end - first) * FT_PAGE, MS_SYNC) < 0 ? errno : 0;
	if (error != expected)
		ft_fail("msync of pages %zu to %zu, with a gap at page %d, gave error %d and not "
			"%d",
			first, end - 1, GAP, error, expected);
	expect_clean(&job->map, first, GAP);
	expect_clean(&job->map, GAP + 1, end);
	ft_metric_add("pages_synced", end - first - 1);
}

/* The page in between may only be read, then is no page of a file, and then is not mapped. */
static void sync_several(const void *arg)
{
	struct job job = new_job(arg, FEW_PAGES, 1);
	char *gap = job.map.addr + GAP * FT_PAGE;

	if (mprotect(gap, FT_PAGE, PROT_READ) < 0)
		ft_fail_errno("mprotect");
	sync_over_gap(&job, 0, FEW_PAGES, 0);
	if (mmap(gap, FT_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != gap)
		ft_fail_errno("mmap");
	sync_over_gap(&job, 0, FEW_PAGES, 0);
	if (munmap(gap, FT_PAGE) < 0)
		ft_fail_errno("munmap");
	sync_over_gap(&job, 0, FEW_PAGES, ENOMEM);
	sync_over_gap(&job, 0, GAP + 1, ENOMEM);
	sync_over_gap(&job, GAP, FEW_PAGES, ENOMEM);
	sync_pages(&job.map, 0, GAP);
	verify_and_free(&job, "O_DIRECT after msync of several mappings");
}

/* Locked pages may not be invalidated; nothing forbids to sync them. */
static void sync_locked(const void *arg)
{
	struct job job = new_job(arg, FEW_PAGES, 1);
	size_t half = FEW_PAGES / 2;

	if (mlock(job.map.addr + half * FT_PAGE, half * FT_PAGE) < 0)
		ft_fail_errno("mlock");
	store_pages(&job, 0, FEW_PAGES, 0);
	if (msync(job.map.addr, job.map.bytes, MS_SYNC | MS_INVALIDATE) == 0 || errno != EBUSY)
		ft_fail("msync with MS_INVALIDATE of pages that are locked did not give EBUSY");
	if (msync(job.map.addr, half * FT_PAGE, MS_SYNC | MS_INVALIDATE) < 0)
		ft_fail_errno("msync with MS_INVALIDATE of pages that are not locked");
	sync_all(&job.map);
	verify_and_free(&job, "O_DIRECT after msync of locked pages");
}

static const struct {
	void (*run)(const void *kind);
	const char *name;
} few[] = {
	{store_and_grow, "grown"}, {store_by_two, "two-mappings"}, {sync_middle, "middle"},
	{sync_several, "several"}, {sync_locked, "locked"},
};
#define FEW (sizeof(few) / sizeof(*few))

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_EXT4, FT_EXT4_1K, FT_XFS};
	size_t n_kinds = sizeof(kinds) / sizeof(*kinds);
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("ext4-1k");
	ft_disk_mount("xfs");
	ft_plan((unsigned)(n_kinds * (4 * n + FEW)));
	for (size_t k = 0; k < n_kinds * FEW; k++)
		ft_case(few[k % FEW].run, &kinds[k / FEW], "%s-%s", ft_kind_name(kinds[k / FEW]),
			few[k % FEW].name);
	for (size_t k = 0; k < n_kinds * 4 * n; k++) {
		struct shape shape = {.kind = kinds[k / 4 / n],
				      .threads = counts[k / 4 % n],
				      .sparse = k & 1,
				      .read_first = k & 2};

		ft_case(store_and_sync, &shape, "%s-%s%s-threads-%u", ft_kind_name(shape.kind),
			shape.sparse ? "sparse" : "evicted", shape.read_first ? "-read-first" : "",
			shape.threads);
	}
	ft_disk_release("xfs");
	ft_disk_release("ext4-1k");
	ft_disk_release("ext4");
}

const struct ft_test msync_file = {
	.name = "msync-file",
	.summary =
		"stores to evicted pages and to holes of a mapped file are on the disk by msync, "
		"whatever mapping and range it is of",
	.timeout_ms = 30000,
	.memory_mib = 128,
	.disks = "ext4 ext4-1k xfs",
	.config = "CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
