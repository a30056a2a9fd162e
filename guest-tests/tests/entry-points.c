// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a page of a shared mapping is faulted in rightly through every door there is: a
 * store and a load by the program; the kernel copying to and from it (pipe, file); O_DIRECT I/O to
 * and from it; futex, also one that other processes may wait on; vmsplice; process_vm_writev;
 * ptrace; MADV_POPULATE_WRITE and _READ; mlock; MAP_POPULATE. Each on mappings with ->map_pages
 * (tmpfs, probe-mp; ext4 and xfs, in the page cache and on the disk alone) and on one without
 * (probe-nomp), and each time with data.
 *
 * Faults that the kernel takes for itself, without an access by the program, never use the VMA lock,
 * and the others may: a kernel that mixes them up loses data, hangs, or leaves a lock off its rest,
 * which the probe tells.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 16

/* What a door leaves behind: its byte all over the page, its byte in front, or zeros. */
enum leaves { FULL, FRONT, ZEROS };

struct door {
	const char *name;
	void (*enter)(struct ft_map *map);
	enum leaves leaves;
	bool by_kernel; /* every fault is, from get_user_pages() */
	int mmap_flags;
};

/* Cold: the page is on the disk alone, and so the first try of the fault gives its lock up. */
static const struct place {
	const char *name;
	enum ft_kind kind;
	bool is_cold;
} places[] = {
	{"tmpfs", FT_TMPFS, false},	      {"ext4", FT_EXT4, false},
	{"ext4-cold", FT_EXT4, true},	      {"xfs", FT_XFS, false},
	{"xfs-cold", FT_XFS, true},	      {"probe-mp", FT_PROBE_MP, false},
	{"probe-nomp", FT_PROBE_NOMP, false},
};
#define PLACES (sizeof(places) / sizeof(*places))

struct shape {
	const struct place *place;
	const struct door *door;
};

static char byte_of(size_t page)
{
	return (char)(page + 1);
}

static bool is_probe(enum ft_kind kind)
{
	return kind == FT_PROBE_MP || kind == FT_PROBE_NOMP;
}

static char *page_at(const struct ft_map *map, size_t page)
{
	return map->addr + page * FT_PAGE;
}

static void user_store(struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++)
		*(volatile char *)page_at(map, page) = byte_of(page);
}

static void user_load(struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++)
		if (*(volatile char *)page_at(map, page))
			ft_fail("page %zu, never written, does not read as zero", page);
}

static void make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		ft_fail_errno("pipe2");
}

/* copy_to_user into pages that are not there. */
static void pipe_read(struct ft_map *map)
{
	char bytes[FT_PAGE];
	int fds[2];

	make_pipe(fds);
	for (size_t page = 0; page < PAGES; page++) {
		memset(bytes, byte_of(page), FT_PAGE);
		if (write(fds[1], bytes, FT_PAGE) != FT_PAGE ||
		    read(fds[0], page_at(map, page), FT_PAGE) != FT_PAGE)
			ft_fail("page %zu could not be filled from a pipe", page);
	}
}

/* copy_from_user out of pages that are not there. */
static void pipe_write(struct ft_map *map)
{
	char bytes[FT_PAGE];
	int fds[2];

	make_pipe(fds);
	for (size_t page = 0; page < PAGES; page++) {
		if (write(fds[1], page_at(map, page), FT_PAGE) != FT_PAGE ||
		    read(fds[0], bytes, FT_PAGE) != FT_PAGE)
			ft_fail("page %zu could not be written to a pipe", page);
		for (size_t i = 0; i < FT_PAGE; i++)
			if (bytes[i])
				ft_fail("page %zu, never written, went into a pipe as other than "
					"zero",
					page);
	}
}

static void read_from(int fd, struct ft_map *map)
{
	if (read(fd, map->addr, map->bytes) < 0 || lseek(fd, 0, SEEK_CUR) != (off_t)map->bytes)
		ft_fail("read(2) of a file into the mapping came short");
	close(fd);
}

static void write_to(int fd, const struct ft_map *map)
{
	char byte;

	if (write(fd, map->addr, map->bytes) != (ssize_t)map->bytes)
		ft_fail("write(2) of the mapping to a file came short");
	/* O_DIRECT would want room for a whole block. */
	if (fcntl(fd, F_SETFL, 0) < 0)
		ft_fail_errno("F_SETFL");
	for (size_t page = 0; page < PAGES; page++)
		if (pread(fd, &byte, 1, (off_t)(page * FT_PAGE)) != 1 || byte)
			ft_fail("page %zu, never written, went into a file as other than zero",
				page);
	close(fd);
}

static void file_read(struct ft_map *map)
{
	read_from(ft_cache_file("/tmp", PAGES, byte_of), map);
}

static void file_write(struct ft_map *map)
{
	write_to(ft_cache_file("/tmp", PAGES, byte_of), map);
}

static int direct_file(void)
{
	int fd = ft_cache_file("/mnt/ext4", PAGES, byte_of);

	if (fcntl(fd, F_SETFL, O_DIRECT) < 0)
		ft_fail_errno("F_SETFL with O_DIRECT");
	return fd;
}

static void direct_read(struct ft_map *map)
{
	read_from(direct_file(), map);
}

static void direct_write(struct ft_map *map)
{
	write_to(direct_file(), map);
}

/* FUTEX_WAKE_OP stores for us: fault_in_user_writeable(). */
static void futex_store(struct ft_map *map)
{
	static uint32_t nobody;

	for (size_t page = 0; page < PAGES; page++) {
		unsigned op = FUTEX_OP(FUTEX_OP_SET, (unsigned)byte_of(page), FUTEX_OP_CMP_EQ, 0u);

		if (syscall(SYS_futex, &nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1,
			    page_at(map, page), op) < 0)
			ft_fail_errno("FUTEX_WAKE_OP");
	}
}

/*
 * The key of a word that other processes may wait on is of the page's file: get_futex_key(). A
 * driver's page has none, and the answer is EFAULT.
 */
static void futex_shared(struct ft_map *map)
{
	int expected = is_probe(map->kind) ? EFAULT : EAGAIN;

	user_store(map);
	if (madvise(map->addr, map->bytes, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	for (size_t page = 0; page < PAGES; page++)
		if (syscall(SYS_futex, page_at(map, page), FUTEX_WAIT, (unsigned)byte_of(page) + 1,
			    NULL, NULL, 0) == 0 ||
		    errno != expected)
			ft_fail("FUTEX_WAIT on page %zu did not see what was stored there", page);
}

/* get_user_pages_fast() of pages that are not there, for reading. */
static void pipe_splice(struct ft_map *map)
{
	char bytes[FT_PAGE];
	int fds[2];

	user_store(map);
	if (madvise(map->addr, map->bytes, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	make_pipe(fds);
	for (size_t page = 0; page < PAGES; page++) {
		struct iovec from = {.iov_base = page_at(map, page), .iov_len = FT_PAGE};

		if (vmsplice(fds[1], &from, 1, 0) != FT_PAGE ||
		    read(fds[0], bytes, FT_PAGE) != FT_PAGE || bytes[0] != byte_of(page))
			ft_fail("page %zu did not go into a pipe by vmsplice as it is", page);
	}
}

static void vm_write(struct ft_map *map)
{
	char bytes[PAGES * FT_PAGE];
	struct iovec from = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct iovec to = {.iov_base = map->addr, .iov_len = map->bytes};

	for (size_t page = 0; page < PAGES; page++)
		memset(bytes + page * FT_PAGE, byte_of(page), FT_PAGE);
	if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != (ssize_t)sizeof(bytes))
		ft_fail_errno("process_vm_writev");
}

static void poke_all(pid_t pid, const struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++) {
		if (ptrace(PTRACE_POKEDATA, pid, page_at(map, page), (long)byte_of(page)) < 0)
			ft_fail_errno("PTRACE_POKEDATA");
		if (ptrace(PTRACE_PEEKDATA, pid, page_at(map, page), NULL) != byte_of(page))
			ft_fail("page %zu does not hold what PTRACE_POKEDATA put there", page);
	}
}

static void ptrace_poke(struct ft_map *map)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		ft_fail("the process to be traced did not stop");
	poke_all(pid, map);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void advise(const struct ft_map *map, int advice, const char *name)
{
	if (madvise(map->addr, map->bytes, advice) < 0)
		ft_fail_errno(name);
}

static void populate_write(struct ft_map *map)
{
	advise(map, MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE");
	user_load(map);
	user_store(map);
}

static void populate_read(struct ft_map *map)
{
	advise(map, MADV_POPULATE_READ, "MADV_POPULATE_READ");
	user_load(map);
	user_store(map);
}

static void lock_pages(struct ft_map *map)
{
	if (mlock(map->addr, map->bytes) < 0)
		ft_fail_errno("mlock");
	user_store(map);
	if (munlock(map->addr, map->bytes) < 0)
		ft_fail_errno("munlock");
}

static const struct door doors[] = {
	{"user-store", user_store, FRONT, false, 0},
	{"user-load", user_load, ZEROS, false, 0},
	{"pipe-read", pipe_read, FULL, false, 0},
	{"pipe-write", pipe_write, ZEROS, false, 0},
	{"file-read", file_read, FULL, false, 0},
	{"file-write", file_write, ZEROS, false, 0},
	{"direct-read", direct_read, FULL, true, 0},
	{"direct-write", direct_write, ZEROS, true, 0},
	{"futex", futex_store, FRONT, false, 0},
	{"futex-shared", futex_shared, FRONT, false, 0},
	{"vmsplice", pipe_splice, FRONT, false, 0},
	{"process-vm-writev", vm_write, FULL, true, 0},
	{"ptrace-poke", ptrace_poke, FRONT, true, 0},
	{"madv-populate-write", populate_write, FRONT, true, 0},
	{"madv-populate-read", populate_read, FRONT, true, 0},
	{"mlock", lock_pages, FRONT, true, 0},
	{"map-populate", user_store, FRONT, true, MAP_POPULATE},
};
#define DOORS (sizeof(doors) / sizeof(*doors))

static char expected_byte(enum leaves leaves, size_t page, size_t at)
{
	if (leaves == ZEROS || (leaves == FRONT && at > 0))
		return 0;
	return byte_of(page);
}

static void verify(const struct ft_map *map, enum leaves leaves)
{
	char bytes[FT_PAGE];

	for (size_t page = 0; page < PAGES; page++) {
		ft_map_pread(map, page, bytes);
		for (size_t i = 0; i < FT_PAGE; i++)
			if (bytes[i] != expected_byte(leaves, page, i))
				ft_fail("byte %zu of page %zu is %d and not %d", i, page, bytes[i],
					expected_byte(leaves, page, i));
	}
}

static void expect_locks(const struct ft_map *map, const struct door *door)
{
	struct fl_probe_counts counts;

	ft_probe_expect_promises(map->fd);
	counts = ft_probe_counts(map->fd);
	if (door->by_kernel && counts.fault_vma)
		ft_fail("%llu faults that the kernel takes for itself came with "
			"FAULT_FLAG_VMA_LOCK",
			(unsigned long long)counts.fault_vma);
	if (!counts.fault_vma && !counts.fault_mmap)
		ft_fail("no page was faulted in");
}

static struct ft_map map_new(const struct shape *shape)
{
	int flags = MAP_SHARED | shape->door->mmap_flags;
	struct ft_map map;

	if (!shape->place->is_cold)
		return ft_map_with(shape->place->kind, PAGES, PROT_READ | PROT_WRITE, flags);
	map = ft_map_new(shape->place->kind, PAGES);
	ft_map_unmap(&map);
	ft_cache_evict(map.fd, map.bytes);
	ft_map_again(&map, flags);
	return map;
}

static void enter(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = map_new(shape);

	shape->door->enter(&map);
	ft_probe_expect_unlocked(map.addr, shape->door->name);
	if (is_probe(shape->place->kind))
		expect_locks(&map, shape->door);
	verify(&map, shape->door->leaves);
	ft_map_unmap(&map);
	verify(&map, shape->door->leaves);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_probe_need();
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_plan((unsigned)(PLACES * DOORS));
	for (size_t p = 0; p < PLACES; p++)
		for (size_t d = 0; d < DOORS; d++) {
			struct shape shape = {.place = &places[p], .door = &doors[d]};

			ft_case(enter, &shape, "%s-%s", places[p].name, doors[d].name);
		}
	ft_disk_release("xfs");
	ft_disk_release("ext4");
}

const struct ft_test entry_points = {
	.name = "entry-points",
	.summary = "a shared page is faulted in rightly by stores, copies, direct I/O, futex, "
		   "ptrace, populate and mlock",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_TMPFS CONFIG_FUTEX CONFIG_CROSS_MEMORY_ATTACH "
		  "CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
