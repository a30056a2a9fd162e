// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a page which moves to other memory stays the same page to everybody: threads store to
 * their words of a mapping without end, another one makes parts of it read-only and writable again,
 * and compaction moves its pages meanwhile. No store is lost, and none goes through where the right to
 * it was taken.
 *
 * A kernel that forgets the entries of pages on their way when the rights of a VMA change gives
 * the old ones back to them when they arrive; one whose fault does not wait for them, or not well,
 * loses stores or does not end.
 */
#include "ft.h"
#include "ft_meet.h"
#include "ft_procfs.h"
#include "ft_trap.h"
#include "ft_words.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	   1024
#define ROOM_BYTES (12u << 20)
#define ROUNDS	   4
#define THREADS	   2

struct shape {
	enum ft_kind kind;
	int flags;
};

struct job {
	struct ft_meet meet;
	struct ft_words words;
	struct ft_map map;
	uint64_t seed;
	int zero_fd;
	_Atomic bool moved;
};

static void store(unsigned index, void *arg)
{
	struct job *job = arg;
	uint64_t state = job->seed + index;

	do {
		size_t page = fl_wire_random(&state) % PAGES;

		ft_words_try_store(&job->words, job->map.addr, page, index);
	} while (ft_meet_pass(&job->meet, index));
}

/* It moves what is at the beginning of the memory to its end. */
static void compact(unsigned index, void *arg)
{
	struct job *job = arg;

	(void)index;
	ft_procfs_write("/proc/sys/vm/compact_memory", "1");
	atomic_store(&job->moved, true);
}

static void protect(const struct job *job, int prot)
{
	if (mprotect(job->map.addr, job->map.bytes, prot) < 0)
		ft_fail_errno("mprotect");
}

/* By read(2), which says so without a signal: the quicker a look, the more pages are on their way. */
static void expect_read_only(const struct job *job)
{
	for (size_t page = 0; page < PAGES; page++) {
		/* The last byte of a page is nobody's. */
		char *at = job->map.addr + (page + 1) * FT_PAGE - 1;

		if (read(job->zero_fd, at, 1) >= 0 || errno != EFAULT)
			ft_fail("page %zu, which was made read-only while pages moved, was stored "
				"to",
				page);
	}
}

static void protect_beside_moves(const struct job *job)
{
	while (!atomic_load(&job->moved)) {
		protect(job, PROT_READ);
		expect_read_only(job);
		protect(job, PROT_READ | PROT_WRITE);
		ft_metric_add("changes", 1);
	}
}

/* There is room behind the pages for them to go to: what had it before they came. */
static void map_pages(struct job *job, const struct shape *shape)
{
	char *room = mmap(NULL, ROOM_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (room == MAP_FAILED)
		ft_fail_errno("mmap");
	job->map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE, shape->flags);
	if (madvise(job->map.addr, job->map.bytes, MADV_POPULATE_WRITE) < 0)
		ft_fail_errno("MADV_POPULATE_WRITE");
	munmap(room, ROOM_BYTES);
}

static void move_once(struct job *job)
{
	struct ft_team *team = ft_team_new(job->words.threads, store, job);
	struct ft_team *mover = ft_team_new(1, compact, job);

	ft_meet_init(&job->meet, job->words.threads);
	job->moved = false;
	ft_team_go(team);
	ft_team_go(mover);
	protect_beside_moves(job);
	ft_meet_end(&job->meet);
	ft_team_wait(mover);
	ft_team_wait(team);
	ft_team_free(mover);
	ft_team_free(team);
}

static void move_beside_stores(const void *arg)
{
	static struct job job;

	ft_trap_prepare();
	job.seed = ft_stream("page-migration");
	job.zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (job.zero_fd < 0)
		ft_fail_errno("/dev/zero");
	for (unsigned round = ft_rounds(ROUNDS); round > 0; round--) {
		uint64_t before = ft_procfs_vmstat("pgmigrate_success");

		job.words = ft_words_new(PAGES, THREADS, job.seed);
		map_pages(&job, arg);
		move_once(&job);
		job.map.kind = FT_ANON; /* compared through the mapping */
		ft_words_verify(&job.words, &job.map, "its own process after its pages moved");
		ft_metric_add("migrated", ft_procfs_vmstat("pgmigrate_success") - before);
		ft_words_free(&job.words);
		ft_map_free(&job.map);
	}
}

static void run(const struct ft_test *test)
{
	static const struct shape shapes[] = {{FT_TMPFS, MAP_SHARED}, {FT_TMPFS, MAP_PRIVATE}};
	const size_t n = sizeof(shapes) / sizeof(*shapes);

	(void)test;
	ft_plan(n);
	for (size_t i = 0; i < n; i++)
		ft_case(move_beside_stores, &shapes[i], "%s%s",
			shapes[i].flags == MAP_PRIVATE ? "private-" : "",
			ft_kind_name(shapes[i].kind));
}

const struct ft_test page_migration = {
	.name = "page-migration",
	.summary =
		"stores and mprotect beside compaction: a page that moves keeps words and rights",
	.timeout_ms = 20000,
	.memory_mib = 192,
	.config = "CONFIG_COMPACTION CONFIG_TMPFS CONFIG_MEMFD_CREATE",
	.run = run,
};
