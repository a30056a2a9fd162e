// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that private pages come back from the swap disk as they were, and that the faults which
 * bring them back drop the lock that they took: the copies of a private mapping (of anonymous memory,
 * of memfd) are stored to, the pages are reclaimed, and all threads come to the same page at the
 * same time, page by page, to load and to store; then a child of the process looks at pages that are
 * on the disk. Afterwards the locks are at rest.
 *
 * Who meets a page that is being read gives his lock up and waits. A kernel that gives up the wrong
 * one, or none, hangs or leaves a lock off its rest, which the probe driver sees.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_disk.h"
#include "ft_gate.h"
#include "ft_group.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_procfs.h"
#include "ft_team.h"
#include "ft_words.h"
#include "table.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	  288
#define MET	  48 /* of them, the first: each waits for the disk */
#define SWAP_DISK "swap"
/* What can be told to reclaim all that its processes have. */
#define GROUP	      FT_GROUP_AT "/private-swap"
#define RECLAIM_MS    10000 /* scaled */
#define RECLAIM_MIN   32    /* the rest may be in the batches of 8 CPUs, where reclaim finds none */
#define RECLAIM_BYTES "128K"

struct job {
	struct ft_words words;
	struct ft_map map;
	struct ft_gate gate;
};

/* By one thread: copies that many make at once cost a flush of all TLBs each. */
static void store_all(const struct job *job)
{
	for (size_t page = 0; page < PAGES; page++)
		for (unsigned thread = 0; thread < job->words.threads; thread++)
			ft_words_store_first(&job->words, job->map.addr, page, thread);
}

static void meet_pages(unsigned index, void *arg)
{
	struct job *job = arg;

	for (size_t page = 0; page < MET; page++) {
		ft_gate_pass(&job->gate);
		ft_words_store_either(&job->words, job->map.addr, page, index, page & 1);
	}
}

static size_t swapped_pages(void)
{
	return ft_procfs_number("/proc/self/smaps_rollup", "Swap:") * 1024 / FT_PAGE;
}

/* What was written there may still be in memory, and then nobody waits for the disk. */
static size_t cached_pages(void)
{
	return ft_procfs_vmstat("nr_swapcached");
}

/* Falls short when there is not so much, which is meant. */
static void reclaim_group(void)
{
	int fd = open(GROUP "/memory.reclaim", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		ft_fail_errno(GROUP "/memory.reclaim");
	(void)!write(fd, RECLAIM_BYTES, sizeof(RECLAIM_BYTES) - 1);
	close(fd);
}

static void reclaim(const struct job *job)
{
	struct ft_limit limit = ft_limit_new(RECLAIM_MS);

	do {
		if (madvise(job->map.addr, job->map.bytes, MADV_PAGEOUT) < 0)
			ft_fail_errno("MADV_PAGEOUT");
		reclaim_group();
		if (swapped_pages() >= cached_pages() + RECLAIM_MIN)
			return;
		sched_yield();
	} while (!ft_limit_is_over(&limit));
	ft_fail("only %zu of %d private pages can be swapped out, and %zu of them are still in "
		"memory",
		swapped_pages(), PAGES, cached_pages());
}

static void look(void *arg)
{
	const struct job *job = arg;

	for (size_t page = 0; page < MET; page++)
		for (unsigned thread = 0; thread < job->words.threads; thread++)
			if (*ft_words_at(&job->words, job->map.addr, page, thread) !=
			    ft_words_last(&job->words, page, thread))
				ft_fail("page %zu of a private mapping is not what was stored "
					"there after it was swapped out",
					page);
}

static void swap_and_meet(const void *arg)
{
	const struct ft_map_shape *shape = arg;
	static struct job job;

	ft_group_join(GROUP);
	job.words = ft_words_new(PAGES, shape->threads, ft_stream("private-swap"));
	job.map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	ft_gate_init(&job.gate, shape->threads);
	store_all(&job);
	reclaim(&job);
	ft_metric_add("swapped", swapped_pages());
	ft_team_run(shape->threads, meet_pages, &job);
	ft_probe_expect_unlocked(job.map.addr, "faults on pages that were swapped out");
	reclaim(&job);
	ft_bounded_child(look, &job, "a child that looks at pages that are swapped out");
	look(&job);
	ft_map_free(&job.map);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_ANON, FT_MEMFD};

	(void)test;
	ft_probe_need();
	ft_group_mount();
	ft_group_make(GROUP);
	ft_disk_swap_on(SWAP_DISK);
	ft_map_cases(swap_and_meet, kinds, sizeof(kinds) / sizeof(*kinds));
	ft_disk_swap_off(SWAP_DISK);
	ft_group_remove(GROUP);
	ft_group_unmount();
}

const struct ft_test private_swap = {
	.name = "private-swap",
	.summary = "private pages come back from swap as they were, and leave no lock behind",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "swap",
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_MEMFD_CREATE CONFIG_SWAP CONFIG_MEMCG "
		  "CONFIG_VIRTIO_BLK CONFIG_PROC_PAGE_MONITOR",
	.run = run,
};
