// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a mapping changes for all threads at once. They store to their words of a shared
 * mapping all the time, and another thread
 *   mprotect   makes a part of it read-only: from then on the words there stand still;
 *   edges      makes its beginning read-only, and that longer and shorter: two VMAs give pages to each
 *              other, and each goes on to map its part of the file;
 *   replace    maps another file over it (MAP_FIXED): from then on no store reaches the old file;
 *   munmap     takes it away, and maps another file there: the same;
 *   mremap     moves it by halves, and they store where it will be as well as where it was: no store
 *              is lost on the way, of private memory either, and each half is the same part of the
 *              file as before;
 *   exit       ends the process under them: from then on nothing changes.
 * After each, mapping and file agree page by page, and each file holds what was stored to it. In the
 * end no file has a writable mapping left, and one in memory can be sealed against writing.
 *
 * A kernel that changes a VMA without locking it against faults, looks it up without looking again
 * whether it changed, or flushes TLBs too late, lets a store through to the old file or page.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_disk.h"
#include "ft_meet.h"
#include "ft_stretch.h"
#include "ft_trap.h"
#include "ft_words.h"
#include "table.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	       64
#define STEPS	       24 /* of each thread, between two changes */
#define EDGES	       3
#define EDGE_STEPS     5
#define ROUNDS	       2
#define ROUNDS_PRIVATE 6

struct job {
	struct ft_meet meet;
	struct ft_words words;
	char *_Atomic addr;	/* where to store */
	char *_Atomic next;	/* and where it will be; NULL: there */
	struct ft_map files[2]; /* whose pages they are now, and were before */
	struct ft_map views[2]; /* of the files */
	uint64_t seed, choices;
};

struct change {
	const char *name;
	void (*make)(struct job *job);
};

struct shape {
	enum ft_kind kind;
	unsigned threads;
	const struct change *change;
};

static char *where_to_store(struct job *job, bool ahead)
{
	char *next = ahead ? job->next : NULL;

	return next ? next : job->addr;
}

static void store(unsigned index, void *arg)
{
	struct job *job = arg;
	uint64_t state = job->seed + index;

	do {
		uint64_t drawn = fl_wire_random(&state);
		size_t page = drawn % PAGES;
		char *addr = where_to_store(job, drawn >> 32 & 1);

		ft_words_try_store(&job->words, addr, page, index);
	} while (ft_meet_pass(&job->meet, index));
}

static void read_all(const struct ft_map *map, size_t first, size_t n, char *bytes)
{
	for (size_t page = 0; page < n; page++)
		ft_map_read(map, first + page, bytes + page * FT_PAGE);
}

static void expect_still(const struct ft_map *map, size_t first, size_t n, const char *before,
			 const char *after)
{
	static char bytes[PAGES * FT_PAGE];

	read_all(map, first, n, bytes);
	for (size_t page = 0; page < n; page++)
		if (memcmp(bytes + page * FT_PAGE, before + page * FT_PAGE, FT_PAGE) != 0)
			ft_fail("page %zu of the %s file was stored to after %s", first + page,
				ft_kind_name(map->kind), after);
}

static void protect_part(struct job *job)
{
	static char before[PAGES * FT_PAGE];
	size_t first = fl_wire_random(&job->choices) % 3 * PAGES / 4;
	char *at = job->addr + first * FT_PAGE;

	if (mprotect(at, PAGES / 2 * FT_PAGE, PROT_READ) < 0)
		ft_fail_errno("mprotect");
	read_all(&job->views[0], first, PAGES / 2, before);
	ft_meet_await(&job->meet, STEPS);
	expect_still(&job->views[0], first, PAGES / 2, before, "mprotect to read-only");
	if (mprotect(at, PAGES / 2 * FT_PAGE, PROT_READ | PROT_WRITE) < 0)
		ft_fail_errno("mprotect");
}

/* In the first half, in the second, back in the first, and at the beginning of it all. */
static size_t next_edge(struct job *job, unsigned i)
{
	size_t in_half = 1 + fl_wire_random(&job->choices) % (PAGES / 2 - 1);

	return i == EDGES ? 0 : i % 2 * PAGES / 2 + in_half;
}

/* Entries are made anew each time, of what the VMA says then. */
static void move_edge(struct job *job)
{
	size_t edge = 0;

	for (unsigned i = 0; i <= EDGES; i++) {
		size_t next = next_edge(job, i);
		size_t first = edge < next ? edge : next;
		size_t pages = edge < next ? next - edge : edge - next;

		if (mprotect(job->addr + first * FT_PAGE, pages * FT_PAGE,
			     edge < next ? PROT_READ : PROT_READ | PROT_WRITE) < 0 ||
		    madvise(job->addr, PAGES * FT_PAGE, MADV_DONTNEED) < 0)
			ft_fail_errno("mprotect and MADV_DONTNEED");
		ft_meet_await(&job->meet, EDGE_STEPS);
		edge = next;
	}
}

static void swap_files(struct job *job)
{
	struct ft_map file = job->files[0], view = job->views[0];

	job->files[0] = job->files[1];
	job->files[1] = file;
	job->views[0] = job->views[1];
	job->views[1] = view;
}

/* Of a kind without a file, the pages come from its view, which stays. */
static void map_other(struct job *job)
{
	struct ft_map *other = &job->files[1];
	void *addr;

	if (other->fd >= 0)
		addr = mmap(job->addr, other->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			    other->fd, 0);
	else
		addr = mremap(job->views[1].addr, 0, other->bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
			      job->addr);
	if (addr != job->addr)
		ft_fail_errno("mmap of another file");
	other->addr = addr;
	job->files[0].addr = NULL;
	swap_files(job);
}

static void expect_old_still(struct job *job, const char *after)
{
	static char before[PAGES * FT_PAGE];

	read_all(&job->views[1], 0, PAGES, before);
	ft_meet_await(&job->meet, STEPS);
	expect_still(&job->views[1], 0, PAGES, before, after);
}

static void replace(struct job *job)
{
	map_other(job);
	expect_old_still(job, "another was mapped over it");
}

static void unmap(struct job *job)
{
	if (munmap(job->addr, PAGES * FT_PAGE) < 0)
		ft_fail_errno("munmap");
	map_other(job);
	expect_old_still(job, "munmap");
}

static void move_part(char *from, char *to, size_t first, size_t pages)
{
	from += first * FT_PAGE;
	to += first * FT_PAGE;
	if (mremap(from, pages * FT_PAGE, pages * FT_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		ft_fail_errno("mremap");
}

/*
 * Where it goes was reserved, and where it was is reserved at once: nothing else gets there. The later
 * half first: while the mapping begins before it, the two are of different places in the file.
 */
static void move(struct job *job)
{
	char *from = job->addr, *to;

	to = mmap(NULL, PAGES * FT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (to == MAP_FAILED)
		ft_fail_errno("mmap");
	job->next = to;
	move_part(from, to, PAGES / 2, PAGES / 2);
	move_part(from, to, 0, PAGES / 2);
	if (mmap(from, PAGES * FT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		ft_fail_errno("mmap");
	job->addr = job->files[0].addr = to;
	job->next = NULL;
	ft_meet_await(&job->meet, STEPS);
}

/* Entries move with it; new ones are made of what the VMA says. */
static void move_file(struct job *job)
{
	move(job);
	if (madvise(job->addr, PAGES * FT_PAGE, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
}

/* One file has the last value of each word, the other at most an older one. */
static void verify_words(const struct job *job)
{
	uint64_t now[FT_PAGE / sizeof(uint64_t)], old[FT_PAGE / sizeof(uint64_t)];
	uint64_t last[FT_PAGE / sizeof(uint64_t)];

	for (size_t page = 0; page < PAGES; page++) {
		ft_map_read(&job->views[0], page, now);
		ft_map_read(&job->views[1], page, old);
		ft_words_expected(&job->words, page, last);
		for (size_t i = 0; i < FT_PAGE / sizeof(uint64_t); i++)
			if ((now[i] > old[i] ? now[i] : old[i]) != last[i])
				ft_fail("word %zu of page %zu is %#llx in the file that is mapped "
					"and %#llx in the other, and %#llx was stored there last",
					i, page, (unsigned long long)now[i],
					(unsigned long long)old[i], (unsigned long long)last[i]);
	}
}

static void prepare(struct job *job, const struct shape *shape)
{
	ft_trap_prepare();
	job->seed = job->choices = ft_stream("vma-changes");
	job->words = ft_words_new(PAGES, shape->threads, job->seed);
	for (int i = 0; i < 2; i++) {
		job->files[i] = ft_map_new(shape->kind, PAGES);
		job->views[i] = ft_map_view(&job->files[i]);
	}
	ft_map_unmap(&job->files[1]);
	job->addr = job->files[0].addr;
	ft_meet_init(&job->meet, shape->threads);
}

/* Each VMA that came or went was counted: see mapping_deny_writable(). */
static void seal(struct ft_map *file, struct ft_map *view)
{
	ft_map_unmap(view);
	ft_map_unmap(file);
	if (fcntl(file->fd, F_ADD_SEALS, F_SEAL_WRITE) < 0)
		ft_fail_errno("a seal against writing for a file that nobody maps");
}

static void change_beside_stores(const void *arg)
{
	const struct shape *shape = arg;
	static struct job job;
	struct ft_team *team;

	prepare(&job, shape);
	team = ft_team_new(shape->threads, store, &job);
	ft_team_go(team);
	for (unsigned round = ft_rounds(ROUNDS); round > 0; round--) {
		ft_meet_await(&job.meet, STEPS);
		ft_stretch_turn();
		ft_stretch_zap(job.addr, PAGES * FT_PAGE);
		shape->change->make(&job);
		ft_meet_call(&job.meet);
		ft_map_agree(&job.files[0], &job.views[0], shape->change->name);
		verify_words(&job);
		ft_meet_resume(&job.meet);
		ft_metric_add("changes", 1);
	}
	ft_meet_end(&job.meet);
	ft_team_wait(team);
	ft_team_free(team);
	for (int i = 0; i < 2 && shape->kind == FT_MEMFD; i++)
		seal(&job.files[i], &job.views[i]);
}

static void leave_others(void *arg)
{
	struct job *job = arg;
	struct ft_team *team = ft_team_new(job->meet.workers, store, job);

	ft_team_go(team);
	ft_meet_await(&job->meet, STEPS);
	_exit(0);
}

/* The last store of a thread may be without its entry in the ledger. */
static void verify_left(const struct job *job)
{
	uint64_t found[FT_PAGE / sizeof(uint64_t)];

	for (size_t page = 0; page < PAGES; page++) {
		ft_map_read(&job->views[0], page, found);
		for (unsigned thread = 0; thread < job->words.threads; thread++) {
			uint64_t next = ft_words_next(&job->words, page, thread);
			size_t place = (size_t)(ft_words_at(&job->words, NULL, 0, thread) -
						(volatile uint64_t *)NULL);
			uint64_t last = ft_words_last(&job->words, page, thread);

			if (found[place] == next)
				ft_words_enter(&job->words, page, thread, next);
			else if (found[place] != last)
				ft_fail("page %zu holds %#llx and not %#llx, which a thread stored "
					"before its process ended",
					page, (unsigned long long)found[place],
					(unsigned long long)last);
		}
	}
}

static void exit_beside_stores(const void *arg)
{
	static struct job job;

	prepare(&job, arg);
	for (unsigned round = ft_rounds(ROUNDS); round > 0; round--) {
		ft_stretch_turn();
		ft_bounded_child(leave_others, &job, "the exit of a process whose threads store");
		verify_left(&job);
		ft_words_verify(&job.words, &job.views[0], "its parent after its exit");
		ft_metric_add("changes", 1);
	}
}

static void move_private(struct job *job, struct ft_map *map)
{
	move(job);
	map->addr = job->addr;
}

/* Nobody else sees these pages: one that a fault makes where the mapping was is lost. */
static void move_private_beside_stores(const void *arg)
{
	const struct shape *shape = arg;
	static struct job job;
	struct ft_team *team;

	ft_trap_prepare();
	job.seed = ft_stream("vma-changes");
	job.words = ft_words_new(PAGES, shape->threads, job.seed);
	job.files[0] = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	job.views[0] = job.files[0];
	job.views[0].kind = FT_ANON; /* read through the mapping */
	job.addr = job.files[0].addr;
	ft_meet_init(&job.meet, shape->threads);
	team = ft_team_new(shape->threads, store, &job);
	ft_team_go(team);
	for (unsigned round = ft_rounds(ROUNDS_PRIVATE); round > 0; round--) {
		ft_meet_await(&job.meet, STEPS);
		ft_stretch_turn();
		move_private(&job, &job.views[0]);
		ft_meet_call(&job.meet);
		ft_words_verify(&job.words, &job.views[0], "its own process after mremap");
		ft_meet_resume(&job.meet);
		ft_metric_add("changes", 1);
	}
	ft_meet_end(&job.meet);
	ft_team_wait(team);
	ft_team_free(team);
}

static const struct change changes[] = {
	{"mprotect", protect_part}, {"edges", move_edge},  {"replace", replace},
	{"munmap", unmap},	    {"mremap", move_file}, {"exit", NULL},
};
#define CHANGES (sizeof(changes) / sizeof(*changes))

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_ANON, FT_EXT4};
	static const enum ft_kind private_kinds[] = {FT_ANON, FT_TMPFS};
	const size_t n_private = sizeof(private_kinds) / sizeof(*private_kinds);
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);
	size_t n_kinds = sizeof(kinds) / sizeof(*kinds);

	(void)test;
	ft_disk_mount("ext4");
	ft_stretch_open(FT_STRETCH_VMA);
	ft_plan((unsigned)(n_kinds * CHANGES + n_private) * n);
	for (size_t k = 0; k < n_kinds * CHANGES * n; k++) {
		struct shape shape = {.change = &changes[k % CHANGES],
				      .threads = counts[k / CHANGES % n],
				      .kind = kinds[k / CHANGES / n]};

		ft_case(shape.change->make ? change_beside_stores : exit_beside_stores, &shape,
			"%s-%s-threads-%u", ft_kind_name(shape.kind), shape.change->name,
			shape.threads);
	}
	for (size_t k = 0; k < n_private * n; k++) {
		struct shape shape = {.kind = private_kinds[k / n], .threads = counts[k % n]};

		ft_case(move_private_beside_stores, &shape, "private-%s-mremap-threads-%u",
			ft_kind_name(shape.kind), shape.threads);
	}
	ft_stretch_close();
	ft_disk_release("ext4");
}

const struct ft_test vma_changes = {
	.name = "vma-changes",
	.summary =
		"mprotect, munmap, MAP_FIXED, mremap and exit beside stores: each is seen at once",
	.timeout_ms = 60000,
	.memory_mib = 128,
	.disks = "ext4",
	.modules = "fl_stretch",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
