// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that no word goes back while pages that are stored to all the time are write-protected
 * and zapped: threads store to their words of the same few pages, and another thread, in an order
 * drawn by the seed, calls msync(MS_SYNC), which cleans the pages and makes them read-only, and
 * MADV_DONTNEED, which takes them out of the page tables. What was stored before an msync is on
 * the disk after it, at least.
 *
 * A kernel that forgets to look again at the entry, to flush the TLB, or to take the dirty bit
 * along loses a store: the word is seen to go back, or the disk is behind.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_meet.h"
#include "ft_stretch.h"
#include "ft_words.h"
#include "table.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES	    8
#define BURST	    16
#define STEPS	    4
#define ROUNDS	    24
#define ROUNDS_DISK 8 /* each msync waits for the disk */

struct job {
	struct ft_meet meet;
	struct ft_words words;
	struct ft_map map;
	int direct; /* the same file, past the page cache; -1: not on a disk */
	uint64_t seed, choices;
};

static void store(unsigned index, void *arg)
{
	struct job *job = arg;
	uint64_t state = job->seed + index;

	do {
		size_t page = fl_wire_random(&state) % PAGES;

		for (int i = 0; i < BURST; i++)
			ft_words_store_either(&job->words, job->map.addr, page, index, i & 1);
	} while (ft_meet_pass(&job->meet, index));
}

static void zap(const struct job *job)
{
	if (madvise(job->map.addr, job->map.bytes, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	ft_metric_add("zaps", 1);
}

static void take_ledger(const struct job *job, uint64_t *floor)
{
	for (size_t page = 0; page < PAGES; page++)
		for (unsigned thread = 0; thread < job->words.threads; thread++)
			*floor++ = ft_words_last(&job->words, page, thread);
}

static void expect_on_disk(const struct job *job, const uint64_t *floor)
{
	_Alignas(FT_PAGE) char bytes[PAGES * FT_PAGE];

	if (pread(job->direct, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		ft_fail_errno("O_DIRECT read");
	for (size_t page = 0; page < PAGES; page++)
		for (unsigned thread = 0; thread < job->words.threads; thread++, floor++) {
			uint64_t found = *ft_words_at(&job->words, bytes, page, thread);

			if (found < *floor)
				ft_fail("after msync the disk holds %#llx in page %zu, and %#llx "
					"had been stored before",
					(unsigned long long)found, page,
					(unsigned long long)*floor);
		}
}

static void sync_pages(const struct job *job)
{
	uint64_t floor[PAGES * FT_TEAM_MAX];

	take_ledger(job, floor);
	if (msync(job->map.addr, job->map.bytes, MS_SYNC) < 0)
		ft_fail_errno("msync");
	if (job->direct >= 0)
		expect_on_disk(job, floor);
	ft_metric_add("syncs", 1);
}

static void disturb_stores(const void *arg)
{
	const struct ft_map_shape *shape = arg;
	static struct job job;
	struct ft_team *team;

	job.seed = job.choices = ft_stream("write-protect");
	job.words = ft_words_new(PAGES, shape->threads, job.seed);
	job.map = ft_map_new(shape->kind, PAGES);
	job.direct = ft_kind_on_disk(shape->kind) ? ft_map_open_direct(&job.map) : -1;
	ft_meet_init(&job.meet, shape->threads);
	team = ft_team_new(shape->threads, store, &job);
	ft_team_go(team);
	for (unsigned round = ft_rounds(job.direct >= 0 ? ROUNDS_DISK : ROUNDS); round > 0;
	     round--) {
		ft_stretch_turn();
		ft_meet_await(&job.meet, STEPS);
		if (fl_wire_random(&job.choices) % 2)
			zap(&job);
		else
			sync_pages(&job);
	}
	ft_meet_end(&job.meet);
	ft_team_wait(team);
	ft_team_free(team);
	sync_pages(&job);
	ft_words_verify(&job.words, &job.map, "whoever reads the page at the end");
	if (job.direct >= 0)
		ft_words_verify_file(&job.words, job.direct, "O_DIRECT at the end");
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_ANON, FT_EXT4, FT_XFS};

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_stretch_open(FT_STRETCH_ENTRY);
	ft_map_cases(disturb_stores, kinds, sizeof(kinds) / sizeof(*kinds));
	ft_stretch_close();
	ft_disk_release("xfs");
	ft_disk_release("ext4");
}

const struct ft_test write_protect = {
	.name = "write-protect",
	.summary = "no store goes back while its page is written back, protected and zapped",
	.timeout_ms = 60000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.modules = "fl_stretch",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
