// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a store to a mapping that does not allow it is a SIGSEGV, always, at its address:
 * mapped without PROT_WRITE, of a file that is open for reading only (mprotect cannot change that
 * when it is shared), taken away by mprotect, and PROT_NONE; of pages that were never
 * touched, that were read, and that are dirty; on tmpfs, memfd, MAP_SHARED|MAP_ANONYMOUS and
 * ext4, shared and private, from one thread and from as many as vCPUs; and so is one to a shared
 * mapping made after F_SEAL_FUTURE_WRITE. Copies by the kernel fail, too, and so does what a debugger
 * writes to a shared page; and the content stays. What it writes to a private one is seen there and not
 * in the file, and gives the program no right. Where nothing is mapped any more, the signal says so.
 *
 * A kernel that looks at the rights of the VMA too late, or makes an entry writable that must not
 * be, lets the store through; one that lets a debugger in before there is a copy changes the file.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES  32
#define ALL_OF (PAGES * FT_PAGE)

enum state { FRESH, READ, DIRTY, STATES };

static const char *const state_names[STATES] = {"fresh", "read", "dirty"};

struct shape {
	enum ft_kind kind;
	enum state state;
	bool private;
};

struct job {
	char *addr;
	char value; /* what every page begins with */
	bool is_private;
	bool loads; /* those must fail, too */
};

static void touch(char *addr, enum state state)
{
	for (size_t page = 0; page < PAGES; page++) {
		volatile char *at = addr + page * FT_PAGE;

		if (state == DIRTY)
			*at = 1;
		else if (state == READ && *at)
			ft_fail("page %zu, never written, does not read as zero", page);
	}
}

static void try_all(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = 0; page < PAGES; page++) {
		char *at = job->addr + page * FT_PAGE, value = job->value;
		struct ft_trap trap = ft_trap_store(at, (char)(index + 2));

		ft_trap_expect(&trap, SIGSEGV, at, "a store to a page that is write-protected");
		trap = ft_trap_load(at, &value);
		if (job->loads)
			ft_trap_expect(&trap, SIGSEGV, at, "a load from a page without rights");
		else
			ft_trap_expect_none(&trap, "a load from a page that may be read");
		if (value != job->value)
			ft_fail("page %zu changed though it is write-protected", page);
	}
}

static bool poke(const char *addr, char byte)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	bool is_done;

	if (fd < 0)
		ft_fail_errno("/proc/self/mem");
	is_done = pwrite(fd, &byte, 1, (off_t)(uintptr_t)addr) == 1;
	close(fd);
	return is_done;
}

/* A debugger may store to a copy without any right; what is shared has no copy. */
static void try_by_debugger(const struct job *job)
{
	if (poke(job->addr, 9))
		ft_fail("a write to /proc/self/mem went into a shared page that is "
			"write-protected");
}

static void poke_copy(const struct job *job, const struct ft_map *file, size_t page)
{
	char *at = job->addr + page * FT_PAGE, seen = 0, bytes[FT_PAGE];
	struct ft_trap trap;

	if (!poke(at, 9))
		ft_fail_errno("a write to /proc/self/mem, to a private page");
	trap = ft_trap_load(at, &seen);
	ft_trap_expect_none(&trap, "a load from a page that a debugger wrote to");
	if (seen != 9)
		ft_fail("page %zu does not show what a debugger wrote there", page);
	ft_map_pread(file, page, bytes);
	if (bytes[0] != job->value)
		ft_fail("what a debugger wrote to a private mapping is page %zu of the file", page);
	trap = ft_trap_store(at, 1);
	ft_trap_expect(&trap, SIGSEGV, at, "a store to a page that a debugger wrote to");
}

/* One page that is mapped, and one that is not. */
static void try_copies(const struct job *job, const struct ft_map *file)
{
	if (madvise(job->addr + FT_PAGE, FT_PAGE, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	poke_copy(job, file, 0);
	poke_copy(job, file, 1);
}

static void try_by_kernel(const struct job *job)
{
	char byte = 9;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0 || write(fds[1], &byte, 1) != 1)
		ft_fail_errno("pipe2");
	if (read(fds[0], job->addr, 1) >= 0 || errno != EFAULT)
		ft_fail("read(2) into a page that is write-protected did not give EFAULT");
	if (madvise(job->addr, ALL_OF, MADV_POPULATE_WRITE) == 0)
		ft_fail("MADV_POPULATE_WRITE of a page that is write-protected went through");
	close(fds[0]);
	close(fds[1]);
}

static void try_with(const struct job *job)
{
	ft_team_run(1, try_all, (void *)job);
	try_by_kernel(job);
	if (!job->is_private)
		try_by_debugger(job);
	ft_team_run(ft_cpus(), try_all, (void *)job);
	ft_metric_add("sigsegv", PAGES * (1 + ft_cpus()));
}

static void protect(const struct job *job, int prot)
{
	if (mprotect(job->addr, ALL_OF, prot) < 0)
		ft_fail_errno("mprotect");
}

/* Rights that came back must hold, too. */
static void store_again(const struct job *job)
{
	protect(job, PROT_READ | PROT_WRITE);
	for (size_t page = 0; page < PAGES; page++) {
		struct ft_trap trap = ft_trap_store(job->addr + page * FT_PAGE, 3);

		ft_trap_expect_none(&trap, "a store after the right to it came back");
	}
}

static void expect_no_mapping(int fd, int prot, const char *what)
{
	if (mmap(NULL, ALL_OF, prot, MAP_SHARED, fd, 0) != MAP_FAILED || errno != EACCES)
		ft_fail("%s", what);
}

static void map_without_right(const struct ft_map *map)
{
	int for_reading = ft_map_open(map, O_RDONLY), for_writing = ft_map_open(map, O_WRONLY);

	expect_no_mapping(for_reading, PROT_READ | PROT_WRITE,
			  "a file that is open for reading only can be mapped for stores");
	expect_no_mapping(for_writing, PROT_READ,
			  "a file that is open for writing only can be mapped");
	close(for_writing);
	close(for_reading);
}

/* A right that could not be had when the file was mapped cannot be had later. */
static void expect_no_right(const struct job *job, const char *file)
{
	if (mprotect(job->addr, ALL_OF, PROT_READ | PROT_WRITE) == 0 || errno != EACCES)
		ft_fail("mprotect gives the right to store to a shared mapping of a file that is "
			"%s",
			file);
}

static void map_read_only(const struct shape *shape, const struct ft_map *map)
{
	int flags = shape->private ? MAP_PRIVATE : MAP_SHARED;
	struct job job = {.value = shape->state == DIRTY && !shape->private,
			  .is_private = shape->private};
	int fd;

	if (map->fd < 0)
		return;
	fd = ft_map_open(map, O_RDONLY);
	job.addr = mmap(NULL, ALL_OF, PROT_READ, flags, fd, 0);
	if (job.addr == MAP_FAILED)
		ft_fail_errno("mmap without PROT_WRITE");
	if (!shape->private)
		expect_no_right(&job, "open for reading only");
	try_with(&job);
	if (shape->private)
		try_copies(&job, map);
	munmap(job.addr, ALL_OF);
	close(fd);
	map_without_right(map);
}

static void store(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
					shape->private ? MAP_PRIVATE : MAP_SHARED);
	struct job job = {
		.addr = map.addr, .value = shape->state == DIRTY, .is_private = shape->private};

	ft_trap_prepare();
	touch(map.addr, shape->state);
	map_read_only(shape, &map);
	protect(&job, PROT_READ);
	try_with(&job);
	job.loads = true;
	protect(&job, PROT_NONE);
	try_with(&job);
	store_again(&job);
	ft_map_free(&map);
}

/* What was mapped before the seal may be stored to; what is mapped later is for reading. */
static void seal(const void *arg)
{
	struct ft_map map = ft_map_new(FT_MEMFD, PAGES);
	struct job job = {.value = 1};

	(void)arg;
	ft_trap_prepare();
	touch(map.addr, DIRTY);
	if (fcntl(map.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) < 0)
		ft_fail_errno("F_SEAL_FUTURE_WRITE");
	touch(map.addr, DIRTY);
	if (mmap(NULL, ALL_OF, PROT_READ | PROT_WRITE, MAP_SHARED, map.fd, 0) != MAP_FAILED ||
	    errno != EPERM)
		ft_fail("a file with F_SEAL_FUTURE_WRITE can be mapped for stores");
	job.addr = mmap(NULL, ALL_OF, PROT_READ, MAP_SHARED, map.fd, 0);
	if (job.addr == MAP_FAILED)
		ft_fail_errno("mmap without PROT_WRITE");
	expect_no_right(&job, "sealed against stores");
	try_with(&job);
	munmap(job.addr, ALL_OF);
	ft_map_free(&map);
}

static void access_nothing(const void *arg)
{
	struct ft_map map = ft_map_new(FT_TMPFS, PAGES);

	(void)arg;
	ft_trap_prepare();
	touch(map.addr, DIRTY);
	if (munmap(map.addr + FT_PAGE, FT_PAGE) < 0)
		ft_fail_errno("munmap");
	for (char *at = map.addr + FT_PAGE; at < map.addr + 2 * FT_PAGE; at += FT_PAGE / 4) {
		struct ft_trap trap = ft_trap_store(at, 1);

		ft_trap_expect_unmapped(&trap, at, "a store to what is not mapped");
		trap = ft_trap_load(at, NULL);
		ft_trap_expect_unmapped(&trap, at, "a load from what is not mapped");
	}
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_ANON, FT_EXT4};

	(void)test;
	ft_disk_mount("ext4");
	ft_plan(4 * STATES * 2 + 2);
	for (size_t k = 0; k < 4; k++)
		for (int state = 0; state < STATES; state++)
			for (int private = 0; private < 2; private ++) {
				struct shape shape = {.kind = kinds[k],
						      .state = (enum state)state,
						      .private = private};

				ft_case(store, &shape, "%s-%s%s", ft_kind_name(kinds[k]),
					private ? "private-" : "", state_names[state]);
			}
	ft_case(seal, NULL, "sealed");
	ft_case(access_nothing, NULL, "not-mapped");
	ft_disk_release("ext4");
}

const struct ft_test write_protected = {
	.name = "write-protected",
	.summary = "a store to a mapping that does not allow it is a SIGSEGV, always",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
