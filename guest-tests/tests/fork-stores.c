// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that no store is lost to a fork: threads store to their own words of the same private
 * and the same shared pages, while the first thread forks again and again, over enough populated
 * pages that each fork takes its time. Each word must hold what its thread stored last, whenever
 * that is looked at, by any of the threads; and what the child sees in its private pages stands
 * still.
 *
 * Fork makes the private pages read-only one by one and flushes the TLBs at its end. A kernel whose
 * fork does not lock the VMAs against faults under the VMA lock copies such a page while another
 * thread still stores to it through its old TLB entry: that store is lost. (Linux 6.4 did.) One
 * that forgets to protect the parent's page, or to copy it, shows the child the parent's stores; one
 * that does not flush the TLBs when a thread gets its copy leaves the others with the old page.
 */
#include "ft.h"
#include "ft_meet.h"
#include "ft_stretch.h"
#include "ft_words.h"
#include "table.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 1024 /* populated, of each mapping */
#define HOT   16   /* of them are stored to */
#define BURST 32   /* stores to one page before the next: others come to it meanwhile */
#define FORKS 11

enum memory { ANONYMOUS, PRIVATE_FILE, MEMORIES };

static const char *const memory_names[MEMORIES] = {"anonymous", "private-file"};

struct shape {
	enum memory memory;
	unsigned threads;
};

struct job {
	struct ft_meet meet;
	struct ft_words private_words, shared_words;
	char *private_addr;
	struct ft_map shared;
	uint64_t seed;
};

/* What the ledger has before the look, all threads see. */
static void look_at_others(const struct job *job, unsigned index)
{
	const struct ft_words *words = &job->private_words;

	for (size_t page = 0; page < HOT; page++)
		for (unsigned thread = 0; thread < words->threads; thread++) {
			uint64_t last = ft_words_last(words, page, thread);

			if (*ft_words_at(words, job->private_addr, page, thread) < last)
				ft_fail("thread %u does not see in private page %zu what thread %u "
					"has stored there",
					index, page, thread);
		}
}

static void store(unsigned index, void *arg)
{
	struct job *job = arg;
	uint64_t state = job->seed + index;

	do {
		size_t page = fl_wire_random(&state) % HOT;

		look_at_others(job, index);
		for (int i = 0; i < BURST; i++) {
			ft_words_store(&job->private_words, job->private_addr, page, index);
			ft_words_store(&job->shared_words, job->shared.addr, page, index);
		}
	} while (ft_meet_pass(&job->meet, index));
}

static uint64_t sum_of_private_words(const struct job *job)
{
	uint64_t sum = 0;

	for (size_t page = 0; page < HOT; page++)
		for (unsigned thread = 0; thread < job->private_words.threads; thread++)
			sum += *ft_words_at(&job->private_words, job->private_addr, page, thread);
	return sum;
}

/* Values only grow, so that the sum of them stands still only if all of them do. */
static void __attribute__((noreturn)) look_as_child(const struct job *job)
{
	uint64_t sum = sum_of_private_words(job);

	for (int i = 0; i < 4; i++)
		if (sum_of_private_words(job) != sum)
			_exit(1);
	_exit(0);
}

static void fork_once(const struct job *job)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0)
		look_as_child(job);
	if (waitpid(pid, &status, 0) != pid)
		ft_fail_errno("waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		ft_fail("a child saw its private pages change while its parent stored to its own");
	if (status)
		ft_fail("a child of a process that stores ended with wait status 0x%x",
			(unsigned)status);
}

static void populate(struct job *job, enum memory memory)
{
	struct ft_map file = ft_map_with(memory == ANONYMOUS ? FT_ANON : FT_TMPFS, PAGES,
					 PROT_READ | PROT_WRITE, MAP_PRIVATE);

	/* The last word of a page is nobody's. */
	for (size_t page = 0; page < PAGES; page++) {
		((volatile char *)file.addr)[(page + 1) * FT_PAGE - 1] = 0;
		((volatile char *)job->shared.addr)[(page + 1) * FT_PAGE - 1] = 0;
	}
	job->private_addr = file.addr;
}

static void fork_beside_stores(const void *arg)
{
	const struct shape *shape = arg;
	static struct job job;
	struct ft_team *team;
	unsigned forks = ft_rounds(FORKS);

	job.seed = ft_stream("fork-stores");
	job.private_words = ft_words_new(HOT, shape->threads, job.seed);
	job.shared_words = ft_words_new(HOT, shape->threads, job.seed);
	job.shared = ft_map_new(FT_TMPFS, PAGES);
	populate(&job, shape->memory);
	ft_meet_init(&job.meet, shape->threads);
	team = ft_team_new(shape->threads, store, &job);
	ft_team_go(team);
	for (unsigned i = 0; i < forks; i++) {
		ft_stretch_turn();
		fork_once(&job);
		/* Some stores of each, so that the pages are its own again. */
		ft_meet_await(&job.meet, 1);
	}
	ft_meet_end(&job.meet);
	ft_team_wait(team);
	ft_team_free(team);
	ft_metric_add("forks", forks);
	ft_words_verify(&job.shared_words, &job.shared, "pread of the shared pages");
}

static void run(const struct ft_test *test)
{
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);

	(void)test;
	ft_stretch_open(FT_STRETCH_ENTRY);
	ft_plan(MEMORIES * n);
	for (int memory = 0; memory < MEMORIES; memory++)
		for (unsigned i = 0; i < n; i++) {
			struct shape shape = {.memory = (enum memory)memory, .threads = counts[i]};

			ft_case(fork_beside_stores, &shape, "%s-threads-%u", memory_names[memory],
				counts[i]);
		}
	ft_stretch_close();
}

const struct ft_test fork_stores = {
	.name = "fork-stores",
	.summary = "no store of a thread is lost while another forks, private or shared",
	.timeout_ms = 60000,
	.memory_mib = 192,
	.modules = "fl_stretch",
	.config = "CONFIG_TMPFS",
	.run = run,
};
