// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a fault keeps no reference to its page, its file or its file system: after loads,
 * shared and private stores by as many threads as vCPUs, and after faults that failed, munmap and
 * a write-back, mincore says that eviction took every page; after unlink statfs gives all space
 * back; and the file system can be taken down at once, on ext4 and on a tmpfs of its own.
 *
 * A kernel that forgets folio_put on one way out of the fault shows pages that stay; one that
 * forgets the file (or its inode's write access) shows a mount that is busy.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "table.h"

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

#define PAGES	 256 /* of the file; the mapping has as many again behind its end */
#define AT_TMPFS "/mnt/tmpfs-own"
#define AT_EXT4	 "/mnt/ext4"

enum how { LOAD, STORE, PRIVATE_STORE, HOWS };

static const char *const how_names[HOWS] = {"load", "store", "private-store"};

struct shape {
	bool is_disk, cold;
	enum how how;
};

struct job {
	const struct shape *shape;
	char *addr;
};

static const char *place_of(const struct shape *shape)
{
	return shape->is_disk ? AT_EXT4 : AT_TMPFS;
}

static uint64_t free_blocks(const char *at)
{
	struct statvfs stat;

	sync();
	if (statvfs(at, &stat) < 0)
		ft_fail_errno("statvfs");
	return stat.f_bfree;
}

static int make_file(const struct shape *shape, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char bytes[FT_PAGE];

	if (fd < 0)
		ft_fail_errno(path);
	memset(bytes, 7, FT_PAGE);
	for (size_t page = 0; page < PAGES; page++)
		if (pwrite(fd, bytes, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail_errno("pwrite");
	if (fsync(fd) < 0)
		ft_fail_errno("fsync");
	if (shape->cold)
		ft_cache_evict(fd, PAGES * FT_PAGE);
	return fd;
}

/* All threads meet at every page, and go on past the end of the file. */
static void touch_all(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = 0; page < 2 * PAGES; page++) {
		char *at = job->addr + page * FT_PAGE + index;
		struct ft_trap trap =
			job->shape->how == LOAD ? ft_trap_load(at, NULL) : ft_trap_store(at, 8);

		if (page < PAGES)
			ft_trap_expect_none(&trap, "an access to a file");
		else
			ft_trap_expect(&trap, SIGBUS, at, "an access past the end of a file");
	}
}

static void take_down_and_mount(const struct shape *shape)
{
	if (shape->is_disk) {
		ft_disk_remount("ext4");
		return;
	}
	if (umount2(AT_TMPFS, 0) < 0)
		ft_fail_errno("umount of a tmpfs that nobody uses");
	if (mount("tmpfs", AT_TMPFS, "tmpfs", 0, "size=16M") < 0)
		ft_fail_errno("mount of a tmpfs");
}

static void fault_and_release(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape};
	uint64_t before = free_blocks(place_of(shape));
	int flags = shape->how == PRIVATE_STORE ? MAP_PRIVATE : MAP_SHARED;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/released", place_of(shape));
	fd = make_file(shape, path);
	ft_trap_prepare();
	job.addr = mmap(NULL, 2 * PAGES * FT_PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (job.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	ft_team_run(ft_cpus(), touch_all, &job);
	munmap(job.addr, 2 * PAGES * FT_PAGE);
	if (fsync(fd) < 0)
		ft_fail_errno("fsync");
	if (shape->is_disk)
		ft_cache_evict(fd, PAGES * FT_PAGE);
	if (unlink(path) < 0)
		ft_fail_errno("unlink");
	close(fd);
	if (free_blocks(place_of(shape)) != before)
		ft_fail("the file is gone, and %llu blocks are free where %llu were",
			(unsigned long long)free_blocks(place_of(shape)),
			(unsigned long long)before);
	take_down_and_mount(shape);
	ft_metric_add("pages", PAGES);
}

static void run_place(bool is_disk, bool cold)
{
	for (int how = 0; how < HOWS; how++) {
		struct shape shape = {.is_disk = is_disk, .cold = cold, .how = (enum how)how};

		ft_case(fault_and_release, &shape, "%s-%s%s", is_disk ? "ext4" : "tmpfs",
			cold ? "cold-" : "", how_names[how]);
	}
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_disk_mount("ext4");
	mkdir(AT_TMPFS, 0755);
	if (mount("tmpfs", AT_TMPFS, "tmpfs", 0, "size=16M") < 0) {
		perror("mount of a tmpfs");
		exit(1);
	}
	ft_plan(3 * HOWS);
	run_place(true, false);
	run_place(true, true);
	run_place(false, false);
	ft_disk_release("ext4");
	if (umount2(AT_TMPFS, 0) < 0) {
		perror("umount of a tmpfs that nobody uses");
		exit(1);
	}
}

const struct ft_test pages_released = {
	.name = "pages-released",
	.summary = "faults keep no page, no space and no file system",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_TMPFS",
	.run = run,
};
