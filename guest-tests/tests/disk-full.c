// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a first store to a page of a sparse file on a full file system is a SIGBUS, and
 * that every store which went through is there afterwards: on ext4 and xfs (after eviction and a fresh
 * mount, too) and on a tmpfs with a size, from one thread and from as many as vCPUs. A page that
 * had no room reads as zero, and can be stored to as soon as there is room again; a private store
 * needs none on a disk. A reservation on a tmpfs that fails for want of room leaves what is there. Where
 * the kernel promises no more memory than it has (vm.overcommit_memory), a page that it cannot promise
 * is like one without a block.
 *
 * A kernel that maps the page writable though page_mkwrite or ->fault failed loses the store; one
 * that loses the error, or leaves the page locked with it, hangs; one that keeps the page or its block
 * does not give all space back.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_procfs.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PAGES	    2560 /* 10 MiB: more than the disk has, and the tmpfs */
#define HOLE_PAGES  64
#define ROOM_PAGES  1536 /* what other files leave of a great disk */
#define PROMISED_KB 4096u
#define RESERVE_KB  32768u
#define GREAT_BYTES (2ul << 30) /* a 32nd of it is more than the reserve */
#define AT_TMPFS    "/mnt/tmpfs-small"
#define AT_EXT4	    "/mnt/ext4-small"
#define AT_XFS	    "/mnt/xfs"

struct place {
	const char *name, *at;
	const char *disk;    /* its serial; NULL: a tmpfs */
	const char *ballast; /* a file that takes all but ROOM_PAGES; NULL: none */
};

struct shape {
	const struct place *place;
	unsigned threads;
};

/* Of /proc/sys/vm, as they were. */
static struct knobs {
	uint64_t memory, ratio, reserve_kb;
} knobs;

struct job {
	const struct shape *shape;
	char *addr;
	char path[64];
	int fd;
	uint64_t seed;
	size_t ballast_pages;
	bool stored[PAGES];
};

static uint64_t word_of(const struct job *job, size_t page)
{
	uint64_t state = job->seed + page;

	return fl_wire_random(&state) | 1;
}

static uint64_t free_pages(const char *at)
{
	struct statvfs stat;

	if (statvfs(at, &stat) < 0)
		ft_fail_errno("statvfs");
	return (uint64_t)stat.f_bfree * stat.f_bsize / FT_PAGE;
}

static void store_page(struct job *job, size_t page)
{
	char *at = job->addr + page * FT_PAGE;
	struct ft_trap trap;

	if (job->stored[page])
		return;
	trap = ft_trap_store_word(at, word_of(job, page));
	if (trap.signum)
		ft_trap_expect(&trap, SIGBUS, at, "a store without a block");
	job->stored[page] = !trap.signum;
}

/* Each page once, dealt out to the threads in turn. */
static void store_share(unsigned index, void *arg)
{
	struct job *job = arg;

	for (size_t page = index; page < PAGES; page += job->shape->threads)
		store_page(job, page);
}

static size_t count_stored(const struct job *job)
{
	size_t n = 0;

	for (size_t page = 0; page < PAGES; page++)
		n += job->stored[page];
	return n;
}

/* Metadata takes some of the room; that most of it is not given to data would be a loss, too. */
static void expect_full(const struct job *job, uint64_t before)
{
	size_t stored = count_stored(job);

	ft_metric_add("stored", stored);
	ft_metric_add("sigbus", PAGES - stored);
	if (stored > before)
		ft_fail("%zu pages were stored to on a file system with room for %llu", stored,
			(unsigned long long)before);
	if (stored < before / 2)
		ft_fail("only %zu pages could be stored to on a file system with room for %llu",
			stored, (unsigned long long)before);
}

static void verify(const struct job *job, int fd, const char *when)
{
	uint64_t words[FT_PAGE / sizeof(uint64_t)];

	for (size_t page = 0; page < PAGES; page++) {
		uint64_t expected = job->stored[page] ? word_of(job, page) : 0;

		if (pread(fd, words, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail_errno("pread");
		if (words[0] != expected)
			ft_fail("page %zu, whose store %s, holds 0x%llx and not 0x%llx %s", page,
				job->stored[page] ? "went through" : "was a SIGBUS",
				(unsigned long long)words[0], (unsigned long long)expected, when);
	}
}

static size_t first_without_block(const struct job *job)
{
	for (size_t page = 0; page < PAGES; page++)
		if (!job->stored[page])
			return page;
	ft_fail("a file system of 8 MiB or less took 10 MiB of stores");
}

static void expect_errors_elsewhere(const struct job *job)
{
	char *full = job->addr + first_without_block(job) * FT_PAGE;
	struct ft_trap trap;
	char *private;

	if (madvise(full, FT_PAGE, MADV_POPULATE_WRITE) == 0 || errno != EFAULT)
		ft_fail("MADV_POPULATE_WRITE of a page without a block did not give EFAULT");
	if (!job->shape->place->disk)
		return;
	private = mmap(NULL, PAGES * FT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, job->fd, 0);
	if (private == MAP_FAILED)
		ft_fail_errno("mmap");
	trap = ft_trap_store(private + (full - job->addr), 1);
	ft_trap_expect_none(&trap, "a private store, which needs no block,");
	munmap(private, PAGES * FT_PAGE);
}

static void store_with_threads(void *arg)
{
	struct job *job = arg;

	ft_team_run(job->shape->threads, store_share, job);
}

/* Up to the first page without a block; whether there were others before it. */
static bool store_some(struct job *job)
{
	size_t stored = count_stored(job);

	for (size_t page = 0; page < PAGES; page++) {
		store_page(job, page);
		if (!job->stored[page])
			break;
	}
	return count_stored(job) > stored;
}

/* What was reserved to be on the safe side comes back when the pages are written. */
static void store_until_full(void *arg)
{
	struct job *job = arg;

	store_with_threads(job);
	if (!job->shape->place->disk)
		return;
	do {
		if (fsync(job->fd) < 0)
			ft_fail_errno("fsync");
	} while (store_some(job));
}

/* Around the first page without a block. A disk may have room for a page, and none for its tree. */
static void reserve_in_vain(const struct job *job)
{
	size_t first;

	if (job->shape->place->disk)
		return;
	first = first_without_block(job);
	first = first > HOLE_PAGES ? first - HOLE_PAGES : 0;
	if (fallocate(job->fd, 0, (off_t)(first * FT_PAGE), (off_t)2 * HOLE_PAGES * FT_PAGE) == 0 ||
	    errno != ENOSPC)
		ft_fail("fallocate on a full file system did not give ENOSPC");
	verify(job, job->fd, "after fallocate found no room");
}

static void punch_hole(struct job *job)
{
	size_t hole = 0;

	while (!job->stored[hole])
		hole++;
	if (fallocate(job->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(hole * FT_PAGE),
		      (off_t)HOLE_PAGES * FT_PAGE) < 0)
		ft_fail_errno("FALLOC_FL_PUNCH_HOLE");
	memset(job->stored + hole, 0, HOLE_PAGES);
}

static void set_ballast(struct job *job, size_t pages)
{
	const char *path = job->shape->place->ballast;

	job->ballast_pages = pages;
	if (truncate(path, (off_t)(pages * FT_PAGE)) < 0)
		ft_fail_errno(path);
}

/*
 * Gives blocks back (more than one, since a hole itself may cost metadata), and asks for one. On a
 * full xfs there may be none for the hole.
 */
static void store_when_there_is_room(struct job *job)
{
	size_t page = first_without_block(job);
	struct ft_trap trap;

	if (job->shape->place->ballast)
		set_ballast(job, job->ballast_pages - HOLE_PAGES);
	else
		punch_hole(job);
	trap = ft_trap_store_word(job->addr + page * FT_PAGE, word_of(job, page));
	ft_trap_expect_none(&trap, "a store after blocks were given back");
	job->stored[page] = true;
}

static void verify_again(struct job *job)
{
	if (fsync(job->fd) < 0)
		ft_fail_errno("fsync");
	verify(job, job->fd, "after fsync");
	if (!job->shape->place->disk)
		return;
	ft_cache_evict(job->fd, PAGES * FT_PAGE);
	verify(job, job->fd, "after eviction");
	close(job->fd);
	ft_disk_remount(job->shape->place->disk);
	job->fd = open(job->path, O_RDWR | O_CLOEXEC);
	if (job->fd < 0)
		ft_fail_errno(job->path);
	verify(job, job->fd, "after a fresh mount");
}

/* Its blocks are given to it at once, and never written. */
static void load_ballast(struct job *job)
{
	const struct place *place = job->shape->place;
	int fd;

	if (!place->ballast)
		return;
	fd = open(place->ballast, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		ft_fail_errno(place->ballast);
	job->ballast_pages = free_pages(place->at) - ROOM_PAGES;
	if (fallocate(fd, 0, 0, (off_t)(job->ballast_pages * FT_PAGE)) < 0)
		ft_fail_errno("fallocate");
	close(fd);
}

/* Truncated first, since the kernel may take its time with a file that has no name any more. */
static void remove_files(struct job *job)
{
	if (ftruncate(job->fd, 0) < 0)
		ft_fail_errno("ftruncate");
	unlink(job->path);
	close(job->fd);
	if (!job->shape->place->ballast)
		return;
	set_ballast(job, 0);
	unlink(job->shape->place->ballast);
}

static void open_file(struct job *job)
{
	snprintf(job->path, sizeof(job->path), "%s/sparse", job->shape->place->at);
	job->fd = open(job->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (job->fd < 0)
		ft_fail_errno(job->path);
	if (ftruncate(job->fd, PAGES * FT_PAGE) < 0)
		ft_fail_errno("ftruncate");
	job->addr = mmap(NULL, PAGES * FT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, job->fd, 0);
	if (job->addr == MAP_FAILED)
		ft_fail_errno("mmap");
}

static void fill(const void *arg)
{
	static struct job job;
	uint64_t before, room;

	job = (struct job){.shape = arg, .seed = ft_stream("disk-full")};
	ft_trap_prepare();
	before = free_pages(job.shape->place->at);
	load_ballast(&job);
	room = free_pages(job.shape->place->at);
	open_file(&job);
	ft_bounded(store_until_full, &job, "stores to a full file system");
	expect_full(&job, room);
	expect_errors_elsewhere(&job);
	reserve_in_vain(&job);
	store_when_there_is_room(&job);
	munmap(job.addr, PAGES * FT_PAGE);
	verify(&job, job.fd, "at once");
	verify_again(&job);
	remove_files(&job);
	sync();
	if (free_pages(job.shape->place->at) != before)
		ft_fail("the file is gone, and %llu pages are free where %llu were",
			(unsigned long long)free_pages(job.shape->place->at),
			(unsigned long long)before);
}

/* ---- memory that may not be promised ---- */

static void write_knob(const char *name, uint64_t value)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	ft_procfs_set(path, value);
}

/*
 * Of what is left to promise, a process leaves a part of its own size (user_reserve_kbytes) to the
 * others: one that has a great mapping comes to its end before they do. See __vm_enough_memory().
 */
static void limit_promises(void)
{
	if (mmap(NULL, GREAT_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		ft_fail_errno("mmap without rights");
	write_knob("user_reserve_kbytes", RESERVE_KB);
	write_knob("overcommit_kbytes",
		   ft_procfs_number("/proc/meminfo", "Committed_AS:") + RESERVE_KB + PROMISED_KB);
	write_knob("overcommit_memory", 2);
}

static void lift_promises(void)
{
	write_knob("overcommit_memory", knobs.memory);
	write_knob("overcommit_ratio", knobs.ratio);
	write_knob("user_reserve_kbytes", knobs.reserve_kb);
}

/* Between the two nothing else is made that needs memory: no thread, and no stack for it. */
static void store_limited(void *arg)
{
	limit_promises();
	store_share(0, arg);
	lift_promises();
}

static void store_unpromised(const void *arg)
{
	static struct shape shape = {.threads = 1};
	static struct job job;
	struct ft_map map = ft_map_new(*(const enum ft_kind *)arg, PAGES);
	size_t stored;

	job = (struct job){.shape = &shape, .addr = map.addr, .seed = ft_stream("disk-full")};
	ft_trap_prepare();
	ft_bounded(store_limited, &job, "stores without memory that could be promised");
	stored = count_stored(&job);
	ft_metric_add("stored", stored);
	ft_metric_add("sigbus", PAGES - stored);
	if (stored == PAGES)
		ft_fail("%u pages were stored to, and no more than %u kB could be promised", PAGES,
			PROMISED_KB);
	verify(&job, map.fd, "when less could be promised");
	ft_bounded(store_with_threads, &job, "stores with memory again");
	if (count_stored(&job) != PAGES)
		ft_fail("%zu of %u pages can be stored to when memory can be promised again",
			count_stored(&job), PAGES);
	ft_map_free(&map);
}

static void mount_tmpfs(void)
{
	mkdir(AT_TMPFS, 0755);
	if (mount("tmpfs", AT_TMPFS, "tmpfs", 0, "size=2M") < 0) {
		perror("mount of a tmpfs");
		exit(1);
	}
}

static void run(const struct ft_test *test)
{
	static const struct place places[] = {
		{"ext4", AT_EXT4, "ext4-small", NULL},
		{"tmpfs", AT_TMPFS, NULL, NULL},
		{"xfs", AT_XFS, "xfs", AT_XFS "/ballast"},
	};
	size_t n_places = sizeof(places) / sizeof(*places);
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD};
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;

	(void)test;
	ft_disk_mount("ext4-small");
	ft_disk_mount("xfs");
	mount_tmpfs();
	knobs.memory = ft_procfs_value("/proc/sys/vm/overcommit_memory");
	knobs.ratio = ft_procfs_value("/proc/sys/vm/overcommit_ratio");
	knobs.reserve_kb = ft_procfs_value("/proc/sys/vm/user_reserve_kbytes");
	ft_plan((unsigned)(2 * n_places) + 2);
	for (size_t p = 0; p < n_places; p++)
		for (unsigned threads = 1; threads <= many; threads += many - 1) {
			struct shape shape = {.place = &places[p], .threads = threads};

			ft_case(fill, &shape, "%s-threads-%u", places[p].name, threads);
		}
	for (size_t k = 0; k < 2; k++)
		ft_case(store_unpromised, &kinds[k], "%s-unpromised", ft_kind_name(kinds[k]));
	/* A case that failed may have left them. */
	lift_promises();
	ft_disk_release("xfs");
	ft_disk_release("ext4-small");
	if (umount2(AT_TMPFS, 0) < 0) {
		perror("umount of a tmpfs that nobody uses");
		exit(1);
	}
}

const struct ft_test disk_full = {
	.name = "disk-full",
	.summary = "a store that finds no block is a SIGBUS, and every other one is on the disk",
	.timeout_ms = 25000,
	.memory_mib = 192,
	.disks = "ext4-small xfs",
	.config = "CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK CONFIG_TMPFS CONFIG_MEMFD_CREATE",
	.run = run,
};
