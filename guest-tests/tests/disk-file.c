// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that stores through a shared mapping of a file on ext4 reach the disk: store,
 * msync(MS_SYNC), store again (which must dirty the page again), munmap, fsync; and then every
 * byte is compared by pread, by O_DIRECT, after the page cache was dropped, and after the file
 * system was taken down and mounted again.
 *
 * Proves, too, the other direction: what is written past the page cache (O_DIRECT) to a file that is
 * mapped is seen at once by its mappings, shared and private, and by pread, and takes nothing from a
 * private copy. And that a store to a file system that is frozen waits, and goes on when it is thawed.
 *
 * A kernel that handles the first shared store without page_mkwrite, or forgets to mark the page
 * dirty, loses the store here; one that leaves mapped pages in the cache shows what was there before
 * a direct write; one that does not ask whether the file system is frozen does not wait.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_sleepers.h"
#include "ft_team.h"
#include "ft_touch.h"
#include "table.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES	  256
#define FEW_PAGES 8
#define COPIED	  3 /* a page that the private mapping has a copy of */
#define COPY	  'c'
#define STORED	  's'
#define STORERS	  2
#define APART	  16 /* pages; a fault around maps no more */
#define FILE_PATH "/mnt/ext4/disk-file"

enum before { SPARSE, WRITTEN, EVICTED, READ_FIRST, STATES };

static const char *const state_names[STATES] = {"sparse", "written", "evicted", "read-first"};

struct shape {
	enum before state;
	unsigned threads;
};

static int prepare(enum before state)
{
	static const char zeros[FT_PAGE];
	int fd = open(FILE_PATH, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		ft_fail_errno(FILE_PATH);
	if (ftruncate(fd, PAGES * FT_PAGE) < 0)
		ft_fail_errno("ftruncate");
	for (off_t page = 0; state != SPARSE && page < PAGES; page++)
		if (pwrite(fd, zeros, FT_PAGE, page * FT_PAGE) != FT_PAGE)
			ft_fail_errno("pwrite");
	if (fsync(fd) < 0)
		ft_fail_errno("fsync");
	if (state == EVICTED)
		ft_cache_evict(fd, PAGES * FT_PAGE);
	return fd;
}

static void read_all(const struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++)
		if (((volatile char *)map->addr)[page * FT_PAGE] != 0)
			ft_fail("page %zu of a file of zeros is not zero", page);
}

/* The first word is gone by the second store, which has another place in the page. */
static void expected_twice(uint64_t first, uint64_t second, size_t page, char *buffer)
{
	char other[FT_PAGE];

	ft_touch_expected(first, page, buffer);
	ft_touch_expected(second, page, other);
	for (size_t i = 0; i < FT_PAGE; i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, other + i, sizeof(word));
		if (word)
			memcpy(buffer + i, &word, sizeof(word));
	}
}

static void read_file(int fd, char *bytes, const char *how)
{
	for (size_t done = 0; done < PAGES * FT_PAGE;) {
		ssize_t len = pread(fd, bytes + done, PAGES * FT_PAGE - done, (off_t)done);

		if (len <= 0 || len % FT_PAGE)
			ft_fail("%s of the file gave %zd bytes at %zu", how, len, done);
		done += (size_t)len;
	}
}

static void compare(int fd, uint64_t first, uint64_t second, const char *how)
{
	char *found = aligned_alloc(FT_PAGE, PAGES * FT_PAGE);
	char expected[FT_PAGE];

	if (!found)
		ft_fail_errno("aligned_alloc");
	read_file(fd, found, how);
	for (size_t page = 0; page < PAGES; page++) {
		expected_twice(first, second, page, expected);
		if (memcmp(found + page * FT_PAGE, expected, FT_PAGE) != 0)
			ft_fail("page %zu does not hold what was stored there, seen by %s", page,
				how);
	}
	free(found);
}

static void compare_fresh(uint64_t first, uint64_t second, int flags, const char *how)
{
	int fd = open(FILE_PATH, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0)
		ft_fail_errno(how);
	compare(fd, first, second, how);
	close(fd);
}

static void store_twice(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = {
		.kind = FT_EXT4, .bytes = PAGES * FT_PAGE, .fd = prepare(shape->state)};
	uint64_t first = ft_stream("disk-file/first"), second = ft_stream("disk-file/second");
	struct ft_touch touch;

	map.addr = mmap(NULL, map.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map.fd, 0);
	if (map.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	if (shape->state == READ_FIRST)
		read_all(&map);
	touch = ft_touch_pages(&map, shape->threads, first);
	ft_touch_report(&map, &touch);
	if (msync(map.addr, map.bytes, MS_SYNC) < 0)
		ft_fail_errno("msync");
	touch = ft_touch_pages(&map, shape->threads, second);
	ft_touch_report(&map, &touch);
	ft_map_unmap(&map);
	if (fsync(map.fd) < 0)
		ft_fail_errno("fsync");
	compare(map.fd, first, second, "pread");
	compare_fresh(first, second, O_DIRECT, "O_DIRECT");
	ft_cache_evict(map.fd, map.bytes);
	compare(map.fd, first, second, "pread after eviction");
	close(map.fd);
	ft_disk_remount("ext4");
	compare_fresh(first, second, 0, "pread after remount");
	unlink(FILE_PATH);
}

/* ---- written past the page cache ---- */

static void write_page(int direct, size_t page, char value)
{
	_Alignas(FT_PAGE) char bytes[FT_PAGE];

	memset(bytes, value, FT_PAGE);
	if (pwrite(direct, bytes, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
		ft_fail_errno("O_DIRECT write");
}

static void expect_seen(const struct ft_map *shared, const struct ft_map *private, char value)
{
	char bytes[FT_PAGE];

	for (size_t page = 0; page < FEW_PAGES; page++) {
		const char *own = private->addr + page * FT_PAGE;

		ft_map_expect_page(shared->addr + page * FT_PAGE, page, value, "a shared mapping");
		ft_map_expect_page(own, page, page == COPIED ? COPY : value, "a private mapping");
		ft_map_pread(shared, page, bytes);
		ft_map_expect_page(bytes, page, value, "pread");
	}
}

/* Each mapping has all pages in its page tables; one of them is dirty, and one of them a copy. */
static void write_to_mapped(const void *arg)
{
	struct ft_map shared = ft_map_new(*(const enum ft_kind *)arg, FEW_PAGES), private = shared;
	int direct = ft_map_open_direct(&shared);

	ft_map_again(&private, MAP_PRIVATE);
	memset(private.addr + COPIED * FT_PAGE, COPY, FT_PAGE);
	expect_seen(&shared, &private, 0);
	for (char value = 1; value <= 3; value++) {
		*(volatile char *)shared.addr = STORED;
		for (size_t page = 0; page < FEW_PAGES; page++)
			write_page(direct, page, value);
		expect_seen(&shared, &private, value);
	}
	close(direct);
	ft_map_unmap(&private);
	ft_map_free(&shared);
}

/* ---- frozen ---- */

/* FIFREEZE or FITHAW; false, with errno set, also where that was done already. */
static bool freeze_or_thaw(enum ft_kind kind, unsigned long command)
{
	char at[64];
	int fd, result;

	snprintf(at, sizeof(at), "/mnt/%s", ft_kind_name(kind));
	fd = open(at, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	result = ioctl(fd, command, 0);
	close(fd);
	return result == 0;
}

/* To take a file without a name off the disk, a case that fails would wait at its end. */
static void give_name(const struct ft_map *map, char name[64])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", map->fd);
	snprintf(name, 64, "/mnt/%s/frozen", ft_kind_name(map->kind));
	unlink(name);
	if (linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0)
		ft_fail_errno("linkat");
}

/* A page that can be read already, and one that is not in the page tables. */
static void store_one(unsigned index, void *arg)
{
	const struct ft_map *map = arg;
	volatile char *at = map->addr + (size_t)index * APART * FT_PAGE;

	if (index == 0)
		(void)*at;
	*at = STORED;
}

static void expect_stored(const struct ft_map *map, char value, const char *when)
{
	for (size_t page = 0; page < map->bytes / FT_PAGE; page += APART) {
		char bytes[FT_PAGE];

		ft_map_pread(map, page, bytes);
		if (bytes[0] != value)
			ft_fail("page %zu holds 0x%02x %s, and 0x%02x is due", page,
				(unsigned char)bytes[0], when, (unsigned char)value);
	}
}

static void reap(void *arg)
{
	const pid_t *pid = arg;
	int status;

	if (waitpid(*pid, &status, 0) != *pid || status != 0)
		ft_fail("a process that stored to a file system that was thawed ended with wait "
			"status 0x%x",
			(unsigned)status);
}

static void store_to_frozen(const void *arg)
{
	struct ft_map map = ft_map_new(*(const enum ft_kind *)arg, STORERS * APART);
	char name[64];
	pid_t pid;

	give_name(&map, name);
	if (!freeze_or_thaw(map.kind, FIFREEZE))
		ft_fail_errno("FIFREEZE");
	pid = fork();
	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0) {
		ft_team_run(STORERS, store_one, &map);
		_exit(0);
	}
	ft_sleepers_await(pid, STORERS, "a frozen file system");
	expect_stored(&map, 0, "while its file system is frozen");
	if (!freeze_or_thaw(map.kind, FITHAW))
		ft_fail_errno("FITHAW");
	ft_bounded(reap, &pid, "a store to a file system that was thawed");
	expect_stored(&map, STORED, "after its file system was thawed");
	unlink(name);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_EXT4, FT_EXT4_1K, FT_XFS};
	size_t n_kinds = sizeof(kinds) / sizeof(*kinds);
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("ext4-1k");
	ft_disk_mount("xfs");
	ft_plan((unsigned)(2 * STATES + 2 * n_kinds));
	for (int state = 0; state < STATES; state++)
		for (unsigned threads = 1; threads <= many; threads += many - 1) {
			struct shape shape = {.state = (enum before)state, .threads = threads};

			ft_case(store_twice, &shape, "%s-threads-%u", state_names[state], threads);
		}
	for (size_t k = 0; k < n_kinds; k++) {
		ft_case(write_to_mapped, &kinds[k], "%s-direct-write", ft_kind_name(kinds[k]));
		ft_case(store_to_frozen, &kinds[k], "%s-frozen", ft_kind_name(kinds[k]));
		/* A case that failed in between left it frozen, and its child. */
		freeze_or_thaw(kinds[k], FITHAW);
	}
	ft_disk_release("xfs");
	ft_disk_release("ext4-1k");
	ft_disk_release("ext4");
}

const struct ft_test disk_file = {
	.name = "disk-file",
	.summary = "stores to a mapped file, before and after msync, are on the disk, and what is "
		   "written there is seen by its mappings",
	.timeout_ms = 30000,
	.memory_mib = 128,
	.disks = "ext4 ext4-1k xfs",
	.config = "CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
