// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a store to a page that came into the page cache without buffers reaches the disk by
 * msync alone: the page was evicted and read in again, or is a hole of a sparse file; it is stored
 * to at once, or read through the mapping before. After msync, with the mapping still there, every
 * page is clean and O_DIRECT finds every word; then store and msync again, since msync made the
 * pages read-only and clean; then once more after eviction. And that a store behind the old end of
 * a file, in a page that was stored to before the file grew, gets there, too.
 *
 * A kernel that makes such a page writable without asking the file system (page_mkwrite) finds no
 * block for it when it is written back; one that leaves it writable or dirty in the page tables
 * after msync does not write the second store.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_team.h"
#include "ft_words.h"
#include "table.h"

#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	    64
#define SYNCS	    2
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

static void expect_clean(const struct ft_map *map)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (pagemap < 0 || flags < 0)
		ft_fail_errno("/proc/self/pagemap and /proc/kpageflags");
	for (size_t page = 0; page < map->bytes / FT_PAGE; page++)
		if (is_dirty(pagemap, flags, map->addr + page * FT_PAGE))
			ft_fail("page %zu is still dirty after msync", page);
	close(flags);
	close(pagemap);
}

static void sync_all(const struct ft_map *map)
{
	if (msync(map->addr, map->bytes, MS_SYNC) < 0)
		ft_fail_errno("msync");
	expect_clean(map);
	ft_metric_add("pages_synced", map->bytes / FT_PAGE);
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
	ft_plan((unsigned)n_kinds * (4 * n + 1));
	for (size_t k = 0; k < n_kinds; k++)
		ft_case(store_and_grow, &kinds[k], "%s-grown", ft_kind_name(kinds[k]));
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
	.summary = "stores to evicted pages and to holes of a mapped file are on the disk by msync",
	.timeout_ms = 30000,
	.memory_mib = 128,
	.disks = "ext4 ext4-1k xfs",
	.config = "CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
