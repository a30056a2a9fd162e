// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a store to a page that came into the page cache without buffers reaches the disk by
 * msync alone: the page was evicted and read in again, or is a hole of a sparse file; it is stored
 * to at once, or read through the mapping before. After msync, with the mapping still there,
 * O_DIRECT finds every word; then store and msync again, since msync made the pages read-only and
 * clean; then once more after eviction.
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

#include <sys/mman.h>
#include <unistd.h>

#define PAGES 128
#define SYNCS 3

struct shape {
	enum ft_kind kind;
	bool sparse, read_first;
	unsigned threads;
};

struct job {
	struct ft_words words;
	struct ft_map map;
};

static void store_all(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = 0; page < PAGES; page++)
		ft_words_store(&job->words, job->map.addr, page, index);
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
			  .map = ft_map_new(shape->kind, PAGES)};
	int direct = ft_map_open_direct(&job.map);

	if (shape->sparse)
		make_sparse(&job.map);
	ft_cache_evict(job.map.fd, job.map.bytes);
	if (shape->read_first)
		read_all(&job.map);
	for (int sync = 0; sync < SYNCS; sync++) {
		ft_team_run(shape->threads, store_all, &job);
		if (msync(job.map.addr, job.map.bytes, MS_SYNC) < 0)
			ft_fail_errno("msync");
		ft_words_verify_file(&job.words, direct, "O_DIRECT after msync");
		ft_metric_add("pages_synced", PAGES);
	}
	ft_map_unmap(&job.map);
	ft_cache_evict(job.map.fd, job.map.bytes);
	ft_words_verify(&job.words, &job.map, "pread after eviction");
	close(direct);
	ft_map_free(&job.map);
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
	ft_plan((unsigned)n_kinds * 4 * n);
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
