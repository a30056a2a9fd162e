// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that pages which are taken away under faults are gone for everybody: threads load and
 * store their words of a few pages without end, and another thread punches holes, truncates and
 * extends the file, or reclaims the pages (MADV_PAGEOUT; shared memory goes to the swap disk).
 * What was stored before a hole is never seen after it; what was stored before reclaim always is;
 * a word is the one that was stored last, or zero where there was a hole; and whenever the threads
 * stand still, the mapping is the file, page by page. And while a process forks that has mapped the
 * pages of a file privately, a hole is punched in the file: the child has none of these left. A hole
 * that begins and ends within pages takes its bytes and no other, from pages in memory and from
 * those that were reclaimed before.
 *
 * A kernel that does not look again whether the page it waited for still belongs to the file maps
 * one that does not: old data come back, and stores go to a page that no one else can see. One whose
 * fork copies entries before the child's VMA can be found by its file leaves them to the child, and
 * one that rounds a hole to pages leaves bytes at its ends, or takes their neighbours.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_meet.h"
#include "ft_stretch.h"
#include "ft_trap.h"
#include "ft_words.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES	   16
#define STEPS	   12
#define CHANGES	   3 /* between two meetings */
#define ROUNDS	   2
#define SWAP_DISK  "swap"
#define FORK_PAGES 4096 /* a fork that copies their entries takes its time */
#define FORK_HOLE  64	/* of the first ones, which are copied first */
#define FORKS	   14
#define FILL	   'x'

struct job;

struct change {
	const char *name;
	void (*make)(struct job *job);
	bool makes_holes;
};

struct shape {
	enum ft_kind kind;
	const struct change *change;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	struct ft_meet meet;
	struct ft_words words;
	struct ft_map map, view;
	uint64_t seed, choices;
	uint64_t floor[PAGES][FT_TEAM_MAX]; /* the ledger before a change */
};

static void expect_word(const struct job *job, size_t page, uint64_t found, uint64_t last)
{
	if (found == last || (job->shape->change->makes_holes && !found))
		return;
	ft_fail("a word of page %zu is %#llx beside %s, and %#llx was stored there last", page,
		(unsigned long long)found, job->shape->change->name, (unsigned long long)last);
}

static void load_and_store(unsigned index, void *arg)
{
	struct job *job = arg;
	uint64_t state = job->seed + index, found;

	do {
		size_t page = fl_wire_random(&state) % PAGES;
		volatile uint64_t *at = ft_words_at(&job->words, job->map.addr, page, index);

		if (!ft_trap_load_word((void *)at, &found).signum)
			expect_word(job, page, found, ft_words_last(&job->words, page, index));
		ft_words_try_store(&job->words, job->map.addr, page, index);
	} while (ft_meet_pass(&job->meet, index));
}

static void take_ledger(struct job *job)
{
	for (size_t page = 0; page < PAGES; page++)
		for (unsigned thread = 0; thread < job->words.threads; thread++)
			job->floor[page][thread] = ft_words_last(&job->words, page, thread);
}

static void expect_gone(const struct job *job, size_t first, size_t end)
{
	for (size_t page = first; page < end; page++)
		for (unsigned thread = 0; thread < job->words.threads; thread++) {
			uint64_t found = *ft_words_at(&job->words, job->map.addr, page, thread);

			if (found && found <= job->floor[page][thread])
				ft_fail("%#llx, which was stored to page %zu before %s, is still "
					"there after it",
					(unsigned long long)found, page, job->shape->change->name);
		}
}

/* Shared memory without a file is punched through a mapping, one that begins at the hole. */
static int remove_pages(const struct ft_map *map, size_t first, size_t n)
{
	void *hole = mremap(map->addr + first * FT_PAGE, 0, n * FT_PAGE, MREMAP_MAYMOVE);

	if (hole == MAP_FAILED || madvise(hole, n * FT_PAGE, MADV_REMOVE) < 0)
		return -1;
	return munmap(hole, n * FT_PAGE);
}

/*
 * Every second hole begins at the first page: that is where a fault around begins, and there alone it
 * does not hold the lock of the page table, for which the one who punches would wait.
 */
static void punch(struct job *job)
{
	uint64_t choice = fl_wire_random(&job->choices);
	size_t first = choice & 1 ? 0 : (choice >> 8) % PAGES;
	size_t n = 1 + fl_wire_random(&job->choices) % (PAGES - first);
	int result;

	take_ledger(job);
	if (job->map.fd >= 0)
		result = fallocate(job->map.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   (off_t)(first * FT_PAGE), (off_t)(n * FT_PAGE));
	else
		result = remove_pages(&job->map, first, n);
	if (result < 0)
		ft_fail_errno("a hole");
	expect_gone(job, first, first + n);
}

/* In every second case not at the boundary of a page: the rest of that page becomes zeros. */
static void truncate_file(struct job *job)
{
	uint64_t choice = fl_wire_random(&job->choices);
	size_t first = choice % PAGES;
	size_t rest = choice & 0x100 ? 0 : (choice >> 16) % FT_PAGE & ~7ul;

	take_ledger(job);
	if (ftruncate(job->map.fd, (off_t)(first * FT_PAGE + rest)) < 0)
		ft_fail_errno("ftruncate");
	if (choice & 0x200)
		ft_meet_await(&job->meet, 1);
	if (ftruncate(job->map.fd, (off_t)job->map.bytes) < 0)
		ft_fail_errno("ftruncate");
	expect_gone(job, first + (rest ? 1 : 0), PAGES);
}

/* A dirty page of a file is not reclaimed before it is written back. */
static void reclaim(const struct ft_map *map)
{
	if (ft_kind_on_disk(map->kind) && msync(map->addr, map->bytes, MS_SYNC) < 0)
		ft_fail_errno("msync");
	if (madvise(map->addr, map->bytes, MADV_PAGEOUT) < 0)
		ft_fail_errno("MADV_PAGEOUT");
}

static void page_out(struct job *job)
{
	reclaim(&job->map);
}

static void verify(const struct job *job)
{
	uint64_t found[FT_PAGE / sizeof(uint64_t)], last[FT_PAGE / sizeof(uint64_t)];

	ft_map_agree(&job->map, &job->view, job->shape->change->name);
	for (size_t page = 0; page < PAGES; page++) {
		ft_map_read(&job->view, page, found);
		ft_words_expected(&job->words, page, last);
		for (size_t i = 0; i < FT_PAGE / sizeof(uint64_t); i++)
			expect_word(job, page, found[i], last[i]);
	}
}

static void take_away(const void *arg)
{
	static struct job job;
	struct ft_team *team;

	job.shape = arg;
	ft_trap_prepare();
	job.seed = job.choices = ft_stream("truncate-faults");
	job.words = ft_words_new(PAGES, job.shape->threads, job.seed);
	job.map = ft_map_new(job.shape->kind, PAGES);
	job.view = ft_map_view(&job.map);
	ft_meet_init(&job.meet, job.shape->threads);
	team = ft_team_new(job.shape->threads, load_and_store, &job);
	ft_team_go(team);
	for (unsigned round = ft_rounds(ROUNDS); round > 0; round--) {
		for (int i = 0; i < CHANGES; i++) {
			ft_meet_await(&job.meet, STEPS);
			ft_stretch_turn();
			ft_stretch_zap(job.map.addr, job.map.bytes);
			job.shape->change->make(&job);
		}
		ft_meet_call(&job.meet);
		verify(&job);
		ft_meet_resume(&job.meet);
		ft_metric_add("changes", CHANGES);
	}
	ft_meet_end(&job.meet);
	ft_team_wait(team);
	ft_team_free(team);
}

struct fork_job {
	struct ft_map map;
	int punched_fds[2]; /* the child reads from it once there is the hole */
	uint64_t fork_ns, pause_ns;
};

static void expect_hole(const struct fork_job *job)
{
	char byte;

	if (read(job->punched_fds[0], &byte, 1) != 1)
		ft_fail_errno("read from a pipe");
	for (size_t page = 0; page < FORK_HOLE; page++)
		if (*(volatile char *)(job->map.addr + page * FT_PAGE))
			ft_fail("page %zu, of a hole that was punched while its parent forked, is "
				"still there for a child",
				page);
	_exit(0);
}

static void fork_once(struct fork_job *job)
{
	uint64_t begin_ns = ft_now_ns();
	pid_t pid = fork();
	int status;

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0)
		expect_hole(job);
	job->fork_ns = ft_now_ns() - begin_ns;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		ft_fail("a child that looks at its file ended with wait status 0x%x",
			(unsigned)status);
}

static void punch_once(const struct fork_job *job)
{
	uint64_t end_ns = ft_now_ns() + job->pause_ns;

	while (ft_now_ns() < end_ns)
		;
	if (fallocate(job->map.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      FORK_HOLE * FT_PAGE) < 0 ||
	    write(job->punched_fds[1], "", 1) != 1)
		ft_fail_errno("a hole");
}

static void fork_or_punch(unsigned index, void *arg)
{
	if (index == 0)
		fork_once(arg);
	else
		punch_once(arg);
}

static void read_in(const struct fork_job *job, size_t pages)
{
	if (madvise(job->map.addr, pages * FT_PAGE, MADV_POPULATE_READ) < 0)
		ft_fail_errno("MADV_POPULATE_READ");
}

/* Maps pages of the file where the last hole was. */
static void fill_hole(const struct fork_job *job)
{
	for (size_t page = 0; page < FORK_HOLE; page++)
		if (pwrite(job->map.fd, "x", 1, (off_t)(page * FT_PAGE)) != 1)
			ft_fail_errno("pwrite");
	read_in(job, FORK_HOLE);
}

static void fork_beside_holes(const void *arg)
{
	struct fork_job job = {.fork_ns = 1};
	uint64_t choices = ft_stream("truncate-faults");

	if (pipe(job.punched_fds) < 0)
		ft_fail_errno("pipe");
	job.map = ft_map_with(*(const enum ft_kind *)arg, FORK_PAGES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE);
	read_in(&job, FORK_PAGES);
	/* One page that is the process' own makes fork copy the entries of all. */
	*(volatile char *)(job.map.addr + job.map.bytes - 1) = 1;
	for (unsigned round = ft_rounds(FORKS); round > 0; round--) {
		fill_hole(&job);
		/* At any time of the fork, if it takes as long as the last one. */
		job.pause_ns = fl_wire_random(&choices) % job.fork_ns;
		ft_team_run(2, fork_or_punch, &job);
		ft_metric_add("forks", 1);
	}
}

/* Of whole pages and parts of two, of a few bytes, and of whole blocks within a page. */
static const struct {
	size_t begin, end;
} holes[] = {
	{100, 3 * FT_PAGE + 50},
	{4 * FT_PAGE + 10, 4 * FT_PAGE + 20},
	{6 * FT_PAGE - 1, 6 * FT_PAGE + 1},
	{7 * FT_PAGE + 1000, 7 * FT_PAGE + 3100},
};
#define HOLES	    (sizeof(holes) / sizeof(*holes))
#define HOLED_PAGES 8

static void punch_holes(const struct ft_map *map)
{
	for (size_t i = 0; i < HOLES; i++)
		if (fallocate(map->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      (off_t)holes[i].begin, (off_t)(holes[i].end - holes[i].begin)) < 0)
			ft_fail_errno("a hole");
}

static char byte_due(size_t at)
{
	for (size_t i = 0; i < HOLES; i++)
		if (at >= holes[i].begin && at < holes[i].end)
			return 0;
	return FILL;
}

static void expect_holes_in(const char *found, size_t page, const char *how)
{
	for (size_t i = 0; i < FT_PAGE; i++) {
		char due = byte_due(page * FT_PAGE + i);

		if (found[i] != due)
			ft_fail("byte %zu of page %zu, in a file with holes, is 0x%02x, seen by "
				"%s, and 0x%02x is due",
				i, page, (unsigned char)found[i], how, (unsigned char)due);
	}
}

static void expect_holes(const struct ft_map *map, const char *by_pread, const char *by_mapping)
{
	char bytes[FT_PAGE];

	for (size_t page = 0; page < HOLED_PAGES; page++) {
		if (map->addr)
			expect_holes_in(map->addr + page * FT_PAGE, page, by_mapping);
		ft_map_pread(map, page, bytes);
		expect_holes_in(bytes, page, by_pread);
	}
}

static void punch_within_pages(const void *arg)
{
	struct ft_map map = ft_map_new(*(const enum ft_kind *)arg, HOLED_PAGES);

	for (unsigned round = 0; round < 2; round++) {
		memset(map.addr, FILL, map.bytes);
		if (round > 0)
			reclaim(&map);
		punch_holes(&map);
		expect_holes(&map, "pread", "the mapping");
		reclaim(&map);
		expect_holes(&map, "pread after reclaim", "the mapping after reclaim");
	}
	ft_map_unmap(&map);
	if (ft_kind_on_disk(map.kind))
		ft_cache_evict(map.fd, map.bytes);
	expect_holes(&map, "pread at the end", NULL);
	ft_map_free(&map);
}

static const struct change changes[] = {
	{"a hole", punch, true},
	{"truncation", truncate_file, true},
	{"reclaim", page_out, false},
};

static const struct {
	enum ft_kind kind;
	unsigned change;
	const char *name;
} pairs[] = {
	{FT_TMPFS, 0, "tmpfs-hole"},	 {FT_MEMFD, 0, "memfd-hole"},
	{FT_ANON, 0, "anon-hole"},	 {FT_EXT4, 0, "ext4-hole"},
	{FT_TMPFS, 1, "tmpfs-truncate"}, {FT_MEMFD, 1, "memfd-truncate"},
	{FT_EXT4, 1, "ext4-truncate"},	 {FT_TMPFS, 2, "tmpfs-reclaim"},
	{FT_MEMFD, 2, "memfd-reclaim"},	 {FT_ANON, 2, "anon-reclaim"},
	{FT_EXT4, 2, "ext4-reclaim"},	 {FT_XFS, 0, "xfs-hole"},
	{FT_XFS, 1, "xfs-truncate"},
};
#define PAIRS (sizeof(pairs) / sizeof(*pairs))

static void run(const struct ft_test *test)
{
	static const enum ft_kind forked[] = {FT_TMPFS, FT_EXT4};
	static const enum ft_kind holed[] = {FT_TMPFS, FT_MEMFD, FT_EXT4, FT_EXT4_1K, FT_XFS};
	size_t n_holed = sizeof(holed) / sizeof(*holed);
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("ext4-1k");
	ft_disk_mount("xfs");
	ft_disk_swap_on(SWAP_DISK);
	ft_stretch_open(FT_STRETCH_CACHE);
	ft_plan((unsigned)(PAIRS * n + 2 + n_holed));
	for (size_t p = 0; p < PAIRS; p++)
		for (unsigned i = 0; i < n; i++) {
			struct shape shape = {.kind = pairs[p].kind,
					      .change = &changes[pairs[p].change],
					      .threads = counts[i]};

			ft_case(take_away, &shape, "%s-threads-%u", pairs[p].name, counts[i]);
		}
	for (int i = 0; i < 2; i++)
		ft_case(fork_beside_holes, &forked[i], "%s-fork", ft_kind_name(forked[i]));
	for (size_t i = 0; i < n_holed; i++)
		ft_case(punch_within_pages, &holed[i], "%s-unaligned", ft_kind_name(holed[i]));
	ft_stretch_close();
	ft_disk_swap_off(SWAP_DISK);
	ft_disk_release("xfs");
	ft_disk_release("ext4-1k");
	ft_disk_release("ext4");
}

const struct ft_test truncate_faults = {
	.name = "truncate-faults",
	.summary = "holes, truncation and reclaim beside faults: mapping and file stay the same",
	.timeout_ms = 60000,
	.memory_mib = 128,
	.disks = "ext4 ext4-1k xfs swap",
	.modules = "fl_stretch",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_SWAP CONFIG_EXT4_FS CONFIG_XFS_FS "
		  "CONFIG_VIRTIO_BLK",
	.run = run,
};
