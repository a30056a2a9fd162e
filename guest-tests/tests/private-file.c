// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a private mapping of a file is private: threads store to their words of its first
 * half, and nothing of that ever reaches the file, neither its cached pages nor the disk; a page
 * that was stored to keeps its own content, whatever is written to the file since; and a page that
 * was not shows what is written to the file, by write(2) or through a shared mapping, at once. A
 * hole that is punched into the file is seen in the one, and takes nothing from the other; a private
 * mapping cannot punch it. After MADV_DONTNEED all of it is the file again.
 *
 * A kernel that makes the file's own page writable in a private mapping, or loses a copy, shows
 * the store in the file or the file's content in the copy.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_meet.h"
#include "ft_words.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	  32
#define COPIED	  16 /* the first of them are stored to */
#define ROUNDS	  6
#define STEPS	  40
#define FILE_WORD (FT_PAGE / sizeof(uint64_t) - 1) /* no thread's */

struct job {
	struct ft_meet meet;
	struct ft_words words;
	struct ft_map map;     /* private */
	char *shared;	       /* a shared mapping of the file */
	uint64_t seed, round;  /* written to every page of the file */
	uint64_t kept[COPIED]; /* what the copy has of the file; 0: not known yet */
};

static void store(unsigned index, void *arg)
{
	struct job *job = arg;
	uint64_t state = job->seed + index;

	do {
		size_t page = fl_wire_random(&state) % COPIED;

		ft_words_store_either(&job->words, job->map.addr, page, index,
				      fl_wire_random(&state) & 1);
	} while (ft_meet_pass(&job->meet, index));
}

static uint64_t file_word(char *addr, size_t page)
{
	return ((volatile uint64_t *)(addr + page * FT_PAGE))[FILE_WORD];
}

static void write_file(struct job *job)
{
	job->round++;
	for (size_t page = 0; page < PAGES; page++) {
		size_t at = page * FT_PAGE + FILE_WORD * sizeof(uint64_t);

		if (job->round % 2)
			*(volatile uint64_t *)(job->shared + at) = job->round;
		else if (pwrite(job->map.fd, &job->round, sizeof(job->round), (off_t)at) !=
			 (ssize_t)sizeof(job->round))
			ft_fail_errno("pwrite");
		if (page >= COPIED && file_word(job->map.addr, page) != job->round)
			ft_fail("page %zu of a private mapping, never stored to, does not show "
				"what was written to the file",
				page);
	}
}

static bool is_copied(const struct job *job, size_t page)
{
	uint64_t last = 0;

	for (unsigned thread = 0; thread < job->words.threads; thread++)
		last |= ft_words_last(&job->words, page, thread);
	return last;
}

/* The threads stand still. */
static void verify_copies(struct job *job, const char *what)
{
	for (size_t page = 0; page < COPIED; page++) {
		uint64_t found = file_word(job->map.addr, page);

		if (job->kept[page] && found != job->kept[page])
			ft_fail("page %zu of a private mapping was stored to, and later shows %s",
				page, what);
		if (is_copied(job, page))
			job->kept[page] = found;
	}
}

static void verify_file(const struct job *job, const char *how)
{
	uint64_t words[FT_PAGE / sizeof(uint64_t)];

	for (size_t page = 0; page < PAGES; page++) {
		ft_map_pread(&job->map, page, words);
		for (size_t i = 0; i < FILE_WORD; i++)
			if (words[i])
				ft_fail("page %zu of the file holds what was stored to a private "
					"mapping, seen by %s",
					page, how);
		if (words[FILE_WORD] != job->round)
			ft_fail("page %zu of the file lost what was written to it, seen by %s",
				page, how);
	}
}

static void punch_privately(const struct job *job)
{
	if (madvise(job->map.addr, job->map.bytes, MADV_REMOVE) == 0 || errno != EACCES)
		ft_fail("MADV_REMOVE of a private mapping did not give EACCES");
	verify_file(job, "pread after MADV_REMOVE of a private mapping");
}

/* Copies are not the file's to give back; see truncate_pagecache_range() in mm/truncate.c. */
static void punch_hole(struct job *job)
{
	if (fallocate(job->map.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      (off_t)job->map.bytes) < 0)
		ft_fail_errno("fallocate");
	for (size_t page = COPIED; page < PAGES; page++)
		if (file_word(job->map.addr, page))
			ft_fail("page %zu of a private mapping, never stored to, does not show the "
				"hole that was punched into the file",
				page);
	verify_copies(job, "the hole that was punched into the file");
}

static void drop_copies(const struct job *job)
{
	if (madvise(job->map.addr, job->map.bytes, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	ft_map_agree(&job->map, &job->map, "MADV_DONTNEED of the private copies");
}

static void prepare(struct job *job, const struct ft_map_shape *shape)
{
	job->seed = ft_stream("private-file");
	job->words = ft_words_new(COPIED, shape->threads, job->seed);
	job->map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	job->shared =
		mmap(NULL, job->map.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, job->map.fd, 0);
	if (job->shared == MAP_FAILED)
		ft_fail_errno("mmap");
	ft_meet_init(&job->meet, shape->threads);
}

static void finish(struct job *job)
{
	drop_copies(job);
	ft_map_unmap(&job->map);
	if (!ft_kind_on_disk(job->map.kind))
		return;
	if (munmap(job->shared, PAGES * FT_PAGE) < 0 || fsync(job->map.fd) < 0)
		ft_fail_errno("munmap and fsync");
	ft_cache_evict(job->map.fd, job->map.bytes);
	verify_file(job, "pread after eviction");
}

static void store_privately(const void *arg)
{
	const struct ft_map_shape *shape = arg;
	static struct job job;
	struct ft_team *team;

	prepare(&job, shape);
	team = ft_team_new(shape->threads, store, &job);
	ft_team_go(team);
	for (unsigned round = ft_rounds(ROUNDS); round > 0; round--) {
		ft_meet_await(&job.meet, STEPS);
		write_file(&job);
		ft_meet_call(&job.meet);
		verify_copies(&job, "what was written to the file");
		verify_file(&job, "pread");
		punch_privately(&job);
		punch_hole(&job);
		write_file(&job);
		ft_meet_resume(&job.meet);
		ft_metric_add("rounds", 1);
	}
	ft_meet_end(&job.meet);
	ft_team_wait(team);
	ft_team_free(team);
	finish(&job);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_EXT4};

	(void)test;
	ft_disk_mount("ext4");
	ft_map_cases(store_privately, kinds, sizeof(kinds) / sizeof(*kinds));
	ft_disk_release("ext4");
}

const struct ft_test private_file = {
	.name = "private-file",
	.summary = "private stores never reach the file, and what is written to the file or "
		   "punched out of it never reaches a private copy",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
