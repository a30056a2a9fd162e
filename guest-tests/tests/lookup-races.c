// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a fault maps a page only where its VMA still is when the fault has the VMA's lock. The
 * upper half of a mapping is of one file and of another by turns, by mmap over it: the lower half's
 * VMA grows over it and shrinks again, and the other file's VMA comes and goes. Threads store to the
 * upper half without a pause, and read to which file the page belongs; while nothing changes, that
 * must be the file which is mapped.
 *
 * A kernel that finds a VMA, waits for its lock, and does not look again whether it is still in the
 * tree, unchanged, and at this address, maps a page of the old file, and it stays.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_change.h"
#include "ft_map.h"
#include "ft_stretch.h"
#include "ft_team.h"
#include "table.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	       64 /* half of them change */
#define HALF	       (PAGES / 2)
#define FOR_MS	       500 /* times the effort; how many changes fit in depends on the scheduler */
#define CHANGES_A_TURN 16
#define LOOKS	       8 /* between two changes: few, so that a change comes into most faults */

struct job {
	unsigned threads;
	char *addr;
	struct ft_map files[2];
	_Atomic unsigned phase; /* of file phase % 2 is the upper half */
	_Atomic bool between;
	_Atomic uint64_t looks, wanted;
	_Atomic bool waits; /* the changer, for so many looks */
	sem_t made;
	_Atomic bool stop;
};

/* In each page: whose it is, and then a word for each thread. */
static void fill(const struct ft_map *file, uint32_t owner)
{
	for (size_t page = 0; page < PAGES; page++)
		*(uint32_t *)(void *)(file->addr + page * FT_PAGE) = owner;
}

static void look(struct job *job, unsigned index, size_t page)
{
	volatile uint32_t *words = (void *)(job->addr + page * FT_PAGE);
	unsigned before = atomic_load(&job->phase);
	bool unsure = atomic_load(&job->between);
	uint32_t owner;

	words[1 + index] = before;
	owner = words[0];
	if (atomic_fetch_add(&job->looks, 1) >= atomic_load(&job->wanted) &&
	    atomic_load(&job->waits) && atomic_exchange(&job->waits, false))
		sem_post(&job->made);
	if (unsure || atomic_load(&job->between) || atomic_load(&job->phase) != before)
		return;
	if (owner != before % 2)
		ft_fail("page %zu is of file %u, and file %u is mapped there since the last change",
			page, owner, before % 2);
}

static void look_around(unsigned index, void *arg)
{
	struct job *job = arg;

	for (size_t i = index; !atomic_load(&job->stop); i++)
		look(job, index, HALF + i % HALF);
}

static void map_upper(const struct job *job, unsigned file)
{
	char *at = job->addr + HALF * FT_PAGE;

	if (mmap(at, HALF * FT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 job->files[file].fd, HALF * FT_PAGE) != at)
		ft_fail_errno("mmap over the upper half");
}

/* Asleep, so that it gets a CPU before the many that never sleep. */
static void await_looks(struct job *job)
{
	atomic_store(&job->wanted, atomic_load(&job->looks) + LOOKS);
	atomic_store(&job->waits, true);
	while (sem_wait(&job->made) < 0)
		;
}

static void change(struct job *job)
{
	ft_stretch_zap(job->addr + HALF * FT_PAGE, HALF * FT_PAGE);
	atomic_store(&job->between, true);
	map_upper(job, (atomic_load(&job->phase) + 1) % 2);
	atomic_fetch_add(&job->phase, 1);
	atomic_store(&job->between, false);
	await_looks(job);
}

static void change_for_a_while(void *arg)
{
	struct job *job = arg;
	struct ft_team *team = ft_team_new(job->threads, look_around, job);
	uint64_t until_ns = ft_now_ns() + ft_rounds(FOR_MS) * UINT64_C(1000000);
	unsigned changes = 0;

	ft_team_go(team);
	for (; ft_now_ns() < until_ns; changes++) {
		if (changes % CHANGES_A_TURN == 0)
			ft_stretch_turn();
		change(job);
	}
	atomic_store(&job->stop, true);
	ft_team_wait(team);
	ft_team_free(team);
	ft_metric_add("changes", changes);
}

static void race(const void *arg)
{
	const struct ft_map_shape *shape = arg;
	static struct job job;

	job.threads = shape->threads;
	for (unsigned i = 0; i < 2; i++) {
		job.files[i] = ft_map_new(shape->kind, PAGES);
		fill(&job.files[i], i);
		ft_map_unmap(&job.files[i]);
	}
	sem_init(&job.made, 0, 0);
	ft_change_map(&job.files[0], MAP_SHARED);
	job.addr = job.files[0].addr;
	ft_bounded(change_for_a_while, &job, "stores beside changes of the mapping");
	ft_metric_add("looks", job.looks);
	ft_change_leave(&job.files[0]);
	for (unsigned i = 0; i < 2; i++)
		ft_map_free(&job.files[i]);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS};

	(void)test;
	ft_stretch_open(FT_STRETCH_VMA);
	ft_map_cases(race, kinds, 1);
	ft_stretch_close();
}

const struct ft_test lookup_races = {
	.name = "lookup-races",
	.summary = "a fault maps no page where its VMA is no more",
	.timeout_ms = 30000,
	.memory_mib = 128,
	.modules = "fl_stretch",
	.config = "CONFIG_TMPFS CONFIG_PER_VMA_LOCK",
	.run = run,
};
