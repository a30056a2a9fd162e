// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that stores through a shared mapping of a file on ext4 reach the disk: store,
 * msync(MS_SYNC), store again (which must dirty the page again), munmap, fsync; and then every
 * byte is compared by pread, by O_DIRECT, after the page cache was dropped, and after the file
 * system was taken down and mounted again.
 *
 * A kernel that handles the first shared store without page_mkwrite, or forgets to mark the page
 * dirty, loses the store here.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_team.h"
#include "ft_touch.h"
#include "table.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	  256
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

static void run(const struct ft_test *test)
{
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;

	(void)test;
	ft_disk_mount("ext4");
	ft_plan(2 * STATES);
	for (int state = 0; state < STATES; state++)
		for (unsigned threads = 1; threads <= many; threads += many - 1) {
			struct shape shape = {.state = (enum before)state, .threads = threads};

			ft_case(store_twice, &shape, "%s-threads-%u", state_names[state], threads);
		}
	ft_disk_release("ext4");
}

const struct ft_test disk_file = {
	.name = "disk-file",
	.summary = "stores to a mapped ext4 file, before and after msync, are on the disk",
	.timeout_ms = 30000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
