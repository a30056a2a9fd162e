// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that nothing slips through while the right to it is being taken away: threads store to the
 * pages of a mapping without a pause, and meanwhile the file is cut to nothing and made long again
 * (SIGBUS; half of the threads' accesses are loads then, and the mapping is a private one, too); or
 * mprotect takes the write right and gives it back, of all of it or of a part that goes from one VMA
 * to its neighbour and back, or the mapping is moved away and back, also together with its page table
 * or its huge page, or taken away and made again (SIGSEGV; by loads alone, too, so that no page is
 * dirty). Between the end of the call that takes it and the beginning of the one that gives it, every
 * access must end in the signal; in the other half none may. What a truncated file shows when it is
 * long again is zeros.
 *
 * A kernel that looks at the size or the rights and maps the page later, without looking again or
 * without a lock that holds them still, lets an access through; so does one that leaves an entry in
 * the TLB of another CPU. It shows after a few rounds.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_change.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_stretch.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "table.h"

#include <errno.h>
#include <linux/mman.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	    32
#define ROUNDS	    5 /* times the effort */
#define ROUNDS_EDGE 30
#define FIRST_PHASE 2
#define TABLE_PAGES 512 /* of a page table, or of a huge page */

enum way { TRUNCATE, PROTECT, EDGE, MOVE, MOVE_TABLE, MOVE_HUGE, UNMAP };

static const char *const ways[] = {"truncate",	   "mprotect",	  "edge",  "mremap",
				   "mremap-table", "mremap-huge", "munmap"};

struct shape {
	enum ft_kind kind;
	enum way way;
	int flags;
	bool loads;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	struct ft_map map;
	_Atomic unsigned phase; /* odd: forbidden; even: allowed */
	_Atomic bool between;	/* the right is being taken or given: either may be */
	sem_t seen;		/* a thread has gone over all pages in this phase */
	_Atomic uint64_t trapped, went_through;
	_Atomic bool stop;
};

static bool is_table(enum way way)
{
	return way == MOVE_TABLE || way == MOVE_HUGE;
}

/* From one page that is reached for to the next: of what fills a page table, not all are. */
static size_t stride_of(enum way way)
{
	return is_table(way) ? TABLE_PAGES / PAGES : 1;
}

static int signal_of(const struct job *job)
{
	return job->shape->way == TRUNCATE ? SIGBUS : SIGSEGV;
}

/* Of EDGE only the middle changes: what is below is writable for ever, and what is above never. */
static size_t first_page(const struct job *job)
{
	return job->shape->way == EDGE ? PAGES / 4 : 0;
}

static size_t n_pages(const struct job *job)
{
	return job->shape->way == EDGE ? PAGES / 2 : PAGES;
}

/* Behind the end of a file, loads are as wrong as stores. */
static bool is_load(const struct job *job, size_t number)
{
	return job->shape->loads || (job->shape->way == TRUNCATE && number % 2);
}

/* A load or store that lies in one phase from its beginning to its end. */
static void reach_once(struct job *job, size_t page)
{
	char *at = job->map.addr + page * stride_of(job->shape->way) * FT_PAGE;
	unsigned before = atomic_load(&job->phase);
	bool unsure = atomic_load(&job->between);
	struct ft_trap trap =
		is_load(job, page + before / 2) ? ft_trap_load(at, NULL) : ft_trap_store(at, 1);

	/* Its code depends on how far a change that takes two steps has come. */
	if (trap.signum && trap.signum != signal_of(job))
		ft_trap_expect(&trap, signal_of(job), at, "an access whose right was taken");
	atomic_fetch_add(trap.signum ? &job->trapped : &job->went_through, 1);
	if (unsure || atomic_load(&job->between) || atomic_load(&job->phase) != before)
		return;
	if (before % 2)
		ft_trap_expect(&trap, signal_of(job), at, "an access after its right was taken");
	else
		ft_trap_expect_none(&trap, "an access that is allowed");
}

/* Tells once of each phase that it has gone over all pages since the phase began. */
static void reach_all(unsigned index, void *arg)
{
	struct job *job = arg;
	unsigned told = FIRST_PHASE;

	while (!atomic_load(&job->stop)) {
		unsigned phase = atomic_load(&job->phase);

		for (size_t i = 0; i < n_pages(job); i++)
			reach_once(job, first_page(job) + (i + index) % n_pages(job));
		if (phase != told)
			sem_post(&job->seen);
		told = phase;
	}
}

static void wait_for_all(struct job *job)
{
	for (unsigned i = 0; i < job->shape->threads; i++)
		while (sem_wait(&job->seen) < 0)
			;
}

/* Nobody else may come to map something here. */
static bool reserve(char *at, size_t bytes)
{
	return mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at;
}

static bool move(char *from, char *to, size_t bytes)
{
	return mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to &&
	       reserve(from, bytes);
}

static bool make(const struct job *job)
{
	return mmap(job->map.addr, job->map.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    job->map.fd, 0) == job->map.addr;
}

static int rest_of_rights(const struct job *job)
{
	return job->shape->loads ? PROT_NONE : PROT_READ;
}

static bool take_or_give(const struct job *job, bool allow)
{
	size_t bytes = job->map.bytes;
	char *at = job->map.addr, *elsewhere = at + 2 * bytes;

	switch (job->shape->way) {
	case TRUNCATE:
		return ftruncate(job->map.fd, allow ? (off_t)bytes : 0) == 0;
	case PROTECT:
	case EDGE:
		return mprotect(at + first_page(job) * FT_PAGE, n_pages(job) * FT_PAGE,
				allow ? PROT_READ | PROT_WRITE : rest_of_rights(job)) == 0;
	case MOVE:
	case MOVE_TABLE:
	case MOVE_HUGE:
		return allow ? move(elsewhere, at, bytes) : move(at, elsewhere, bytes);
	case UNMAP:
		return allow ? make(job) : reserve(at, bytes);
	}
	return false;
}

static void change(struct job *job, bool allow)
{
	atomic_store(&job->between, true);
	if (!take_or_give(job, allow))
		ft_fail_errno(ways[job->shape->way]);
	atomic_fetch_add(&job->phase, 1);
	atomic_store(&job->between, false);
}

static void change_for_a_while(void *arg)
{
	struct job *job = arg;
	struct ft_team *team = ft_team_new(job->shape->threads, reach_all, job);
	unsigned rounds = ft_rounds(job->shape->way == EDGE ? ROUNDS_EDGE : ROUNDS);

	ft_team_go(team);
	for (unsigned round = 0; round < rounds; round++) {
		ft_stretch_turn();
		ft_stretch_zap(job->map.addr, job->map.bytes);
		change(job, false);
		wait_for_all(job);
		change(job, true);
		wait_for_all(job);
	}
	atomic_store(&job->stop, true);
	ft_team_wait(team);
	ft_team_free(team);
}

static void expect_zeros(struct job *job)
{
	char bytes[FT_PAGE];

	change(job, false);
	change(job, true);
	for (size_t page = 0; page < PAGES; page++) {
		ft_map_pread(&job->map, page, bytes);
		if (bytes[0] || job->map.addr[page * FT_PAGE])
			ft_fail("page %zu shows a store from before the truncation", page);
	}
}

/* Small pages become a huge one, which is mapped as such. */
static void collapse(const struct ft_map *map)
{
	for (size_t page = 0; page < TABLE_PAGES; page++)
		map->addr[page * FT_PAGE] = 1;
	if (madvise(map->addr, map->bytes, MADV_COLLAPSE) < 0)
		ft_skip("the kernel has no huge page for a file: %s", strerror(errno));
}

static void race(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape,
			  .map = ft_map_new(shape->kind, PAGES * stride_of(shape->way)),
			  .phase = FIRST_PHASE};

	ft_map_unmap(&job.map);
	ft_change_map(&job.map, shape->flags);
	if (shape->way == MOVE_HUGE)
		collapse(&job.map);
	if (shape->way == EDGE &&
	    mprotect(job.map.addr + 3 * PAGES / 4 * FT_PAGE, PAGES / 4 * FT_PAGE, PROT_READ) < 0)
		ft_fail_errno("mprotect");
	sem_init(&job.seen, 0, 0);
	ft_trap_prepare();
	ft_bounded(change_for_a_while, &job, "stores and changes of the right to them");
	if (shape->way == TRUNCATE)
		expect_zeros(&job);
	ft_metric_add("trapped", job.trapped);
	ft_metric_add("went_through", job.went_through);
	ft_change_leave(&job.map);
	ft_map_free(&job.map);
}

static enum ft_stretch_topic topic_of(enum way way)
{
	return way == TRUNCATE ? FT_STRETCH_CACHE : FT_STRETCH_VMA;
}

static void run(const struct ft_test *test)
{
	static const struct {
		enum ft_kind kind;
		enum way way;
		int flags;
		bool loads;
	} pairs[] = {
		{FT_TMPFS, TRUNCATE, MAP_SHARED},      {FT_EXT4, TRUNCATE, MAP_SHARED},
		{FT_XFS, TRUNCATE, MAP_SHARED},	       {FT_TMPFS, TRUNCATE, MAP_PRIVATE},
		{FT_EXT4, TRUNCATE, MAP_PRIVATE},      {FT_TMPFS, PROTECT, MAP_SHARED},
		{FT_EXT4, PROTECT, MAP_SHARED},	       {FT_TMPFS, EDGE, MAP_SHARED},
		{FT_TMPFS, MOVE, MAP_SHARED},	       {FT_TMPFS, UNMAP, MAP_SHARED},
		{FT_TMPFS, MOVE, MAP_SHARED, true},    {FT_TMPFS, UNMAP, MAP_SHARED, true},
		{FT_TMPFS, PROTECT, MAP_SHARED, true}, {FT_TMPFS, MOVE_TABLE, MAP_SHARED},
		{FT_TMPFS, MOVE_HUGE, MAP_SHARED},
	};
	const size_t n_pairs = sizeof(pairs) / sizeof(*pairs);
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_plan((unsigned)n_pairs * 2);
	for (size_t p = 0; p < n_pairs; p++) {
		/* Setting the probes takes longer than some of the cases. */
		if (p == 0 || topic_of(pairs[p].way) != topic_of(pairs[p - 1].way)) {
			ft_stretch_close();
			ft_stretch_open(topic_of(pairs[p].way));
		}
		for (unsigned threads = 1; threads <= many; threads += many - 1) {
			struct shape shape = {.kind = pairs[p].kind,
					      .way = pairs[p].way,
					      .flags = pairs[p].flags,
					      .loads = pairs[p].loads,
					      .threads = threads};

			ft_case(race, &shape, "%s%s-%s%s-threads-%u",
				shape.flags == MAP_PRIVATE ? "private-" : "",
				ft_kind_name(shape.kind), ways[shape.way],
				shape.loads ? "-loads" : "", threads);
		}
	}
	ft_stretch_close();
	ft_disk_release("xfs");
	ft_disk_release("ext4");
}

const struct ft_test error_races = {
	.name = "error-races",
	.summary = "no store goes through once truncate, mprotect, mremap or munmap took its right",
	.timeout_ms = 30000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.modules = "fl_stretch",
	.config = "CONFIG_TMPFS CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
