// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that threads that fault on the same fresh page at the same time get the same page: they
 * meet before each page and store their own words, and all words must be there. Then again in
 * pages that were evicted and are read from the disk, and in pages that were truncated away under
 * the mapping and come back empty. Shared memory, files, and private memory, which is fresh, was
 * read before (and so is the zero page), or is a file's.
 *
 * A kernel that does not look again at the page table entry once it has the lock maps a second
 * page: words are lost where memory is private; where it is shared the page is counted twice and
 * cannot be evicted any more, or the resident set does not come back to zero.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_gate.h"
#include "ft_stretch.h"
#include "ft_team.h"
#include "ft_words.h"
#include "table.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES	       40
#define ROUNDS	       2
#define ROUNDS_ON_DISK 1 /* each has four times the stores, and waits for the disk */

struct variant {
	const char *name;
	enum ft_kind kind;
	int flags;
	bool read_first;
};

struct shape {
	const struct variant *variant;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	struct ft_words words;
	struct ft_map map;
	struct ft_gate gate;
};

static void meet_pages(unsigned index, void *arg)
{
	struct job *job = arg;

	for (size_t page = 0; page < PAGES; page++) {
		if (job->shape->variant->read_first)
			(void)*ft_words_at(&job->words, job->map.addr, page, index);
		ft_gate_pass(&job->gate);
		ft_words_store_either(&job->words, job->map.addr, page, index,
				      job->shape->variant->read_first);
	}
}

static void store(struct job *job)
{
	ft_stretch_turn();
	ft_gate_init(&job->gate, job->shape->threads);
	ft_team_run(job->shape->threads, meet_pages, job);
	ft_metric_add("pages_met", PAGES);
}

static void evict_and_store(struct job *job)
{
	ft_map_unmap(&job->map);
	if (fsync(job->map.fd) < 0)
		ft_fail_errno("fsync");
	ft_cache_evict(job->map.fd, job->map.bytes);
	ft_words_verify(&job->words, &job->map, "pread after eviction");
	ft_cache_evict(job->map.fd, job->map.bytes);
	ft_map_again(&job->map, MAP_SHARED);
	store(job);
	ft_words_verify(&job->words, &job->map, "pread after a store to an evicted page");
}

static void truncate_and_store(struct job *job)
{
	if (ftruncate(job->map.fd, 0) < 0 || ftruncate(job->map.fd, (off_t)job->map.bytes) < 0)
		ft_fail_errno("ftruncate");
	ft_words_forget(&job->words);
	store(job);
	ft_words_verify(&job->words, &job->map, "pread after truncation to 0 and back");
}

static void share_page(const void *arg)
{
	static struct job job;

	job.shape = arg;
	enum ft_kind kind = job.shape->variant->kind;
	unsigned round = ft_rounds(ft_kind_on_disk(kind) ? ROUNDS_ON_DISK : ROUNDS);

	job.words = ft_words_new(PAGES, job.shape->threads, ft_stream("same-page"));
	for (; round > 0; round--) {
		job.map = ft_map_with(kind, PAGES, PROT_READ | PROT_WRITE, MAP_SHARED);
		ft_words_forget(&job.words);
		store(&job);
		ft_words_verify(&job.words, &job.map, "whoever reads the shared page");
		if (ft_kind_on_disk(kind))
			evict_and_store(&job);
		if (job.map.fd >= 0)
			truncate_and_store(&job);
		ft_map_free(&job.map);
	}
}

static void verify_untouched(const struct ft_map *map)
{
	char bytes[FT_PAGE];

	for (size_t page = 0; map->fd >= 0 && page < PAGES; page++) {
		ft_map_pread(map, page, bytes);
		for (size_t i = 0; i < FT_PAGE; i++)
			if (bytes[i])
				ft_fail("a store to a private mapping reached page %zu of the file",
					page);
	}
}

static void copy_page(const void *arg)
{
	static struct job job;

	job.shape = arg;
	const struct variant *variant = job.shape->variant;

	job.words = ft_words_new(PAGES, job.shape->threads, ft_stream("same-page"));
	for (unsigned round = ft_rounds(ROUNDS); round > 0; round--) {
		struct ft_map seen;

		job.map = ft_map_with(variant->kind, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		seen = job.map;
		seen.kind = FT_ANON; /* compared through the mapping */
		ft_words_forget(&job.words);
		store(&job);
		ft_words_verify(&job.words, &seen, "whoever reads the private page");
		verify_untouched(&job.map);
		ft_map_free(&job.map);
	}
}

static const struct variant variants[] = {
	{"tmpfs", FT_TMPFS, MAP_SHARED, false},
	{"memfd", FT_MEMFD, MAP_SHARED, false},
	{"anon", FT_ANON, MAP_SHARED, false},
	{"ext4", FT_EXT4, MAP_SHARED, false},
	{"xfs", FT_XFS, MAP_SHARED, false},
	{"tmpfs-read-first", FT_TMPFS, MAP_SHARED, true},
	{"ext4-read-first", FT_EXT4, MAP_SHARED, true},
	{"xfs-read-first", FT_XFS, MAP_SHARED, true},
	{"private-tmpfs", FT_TMPFS, MAP_PRIVATE, false},
	{"private-ext4", FT_EXT4, MAP_PRIVATE, false},
	{"private-ext4-read-first", FT_EXT4, MAP_PRIVATE, true},
	{"private-anon", FT_ANON, MAP_PRIVATE, false},
	{"private-anon-read-first", FT_ANON, MAP_PRIVATE, true},
};
#define VARIANTS (sizeof(variants) / sizeof(*variants))

static void run(const struct ft_test *test)
{
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_stretch_open(FT_STRETCH_ENTRY);
	ft_plan((unsigned)VARIANTS * n);
	for (size_t v = 0; v < VARIANTS; v++)
		for (unsigned i = 0; i < n; i++) {
			struct shape shape = {.variant = &variants[v], .threads = counts[i]};

			ft_case(variants[v].flags == MAP_SHARED ? share_page : copy_page, &shape,
				"%s-threads-%u", variants[v].name, counts[i]);
		}
	ft_stretch_close();
	ft_disk_release("xfs");
	ft_disk_release("ext4");
}

const struct ft_test same_page = {
	.name = "same-page",
	.summary = "threads that fault on the same fresh page get the same page, and lose no store",
	.timeout_ms = 60000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.modules = "fl_stretch",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
