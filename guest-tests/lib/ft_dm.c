// SPDX-License-Identifier: GPL-2.0-only
/*
 * Speaks the device mapper's ioctl interface: one device, whose table is linear targets to the
 * disk, and targets of the type "error" where the disk shall fail. Tables are exchanged while the
 * file system stays mounted, without freezing it, so that nothing but I/O stops.
 */
#include "ft_dm.h"
#include "ft.h"
#include "ft_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME		 "ft"
#define SECTORS_PER_PAGE (FT_PAGE / 512)
#define TARGETS_MAX	 129

struct target {
	struct dm_target_spec spec;
	char params[88];
};

/* As the kernel reads it: a head, and the targets behind it. */
struct request {
	struct dm_ioctl head;
	struct target targets[TARGETS_MAX];
};

static char disk[FT_DISK_PATH_SIZE];
static uint64_t disk_sectors;

static int control(unsigned long command, struct request *request, unsigned flags)
{
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	struct dm_ioctl *head = &request->head;
	int ret;

	head->version[0] = DM_VERSION_MAJOR;
	head->data_size = sizeof(*request);
	head->data_start = offsetof(struct request, targets);
	head->flags = flags;
	strcpy(head->name, NAME);
	ret = fd < 0 ? -1 : ioctl(fd, command, head);
	if (fd >= 0)
		close(fd);
	return ret;
}

static void add_target(struct request *request, const char *type, uint64_t from, uint64_t to)
{
	struct target *target = &request->targets[request->head.target_count];

	if (from == to)
		return;
	if (request->head.target_count++ == TARGETS_MAX)
		ft_fail("more than %d targets in a device mapper table", TARGETS_MAX);
	target->spec.sector_start = from;
	target->spec.length = to - from;
	target->spec.next = sizeof(*target);
	strcpy(target->spec.target_type, type);
	if (strcmp(type, "linear") == 0)
		snprintf(target->params, sizeof(target->params), "%s %llu", disk,
			 (unsigned long long)from);
}

/* The bad pages of the disk, in rising order. */
static int load(const uint64_t *bad, size_t n_bad)
{
	static struct request request;
	uint64_t from = 0;

	memset(&request, 0, sizeof(request));
	for (size_t i = 0; i < n_bad; i++) {
		uint64_t at = bad[i] * SECTORS_PER_PAGE;

		add_target(&request, "linear", from, at);
		add_target(&request, "error", at, at + SECTORS_PER_PAGE);
		from = at + SECTORS_PER_PAGE;
	}
	add_target(&request, "linear", from, disk_sectors);
	return control(DM_TABLE_LOAD, &request, 0);
}

/* Without DM_SUSPEND_FLAG it means: go on, with the table that was loaded last. */
static int go_on(void)
{
	static struct request request;

	memset(&request, 0, sizeof(request));
	return control(DM_DEV_SUSPEND, &request, DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG);
}

static void __attribute__((noreturn)) give_up(const char *call)
{
	fprintf(stderr, "%s: %s\n", call, strerror(errno));
	exit(1);
}

static void measure(void)
{
	int fd = open(disk, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &disk_sectors) < 0)
		give_up(disk);
	close(fd);
	disk_sectors /= 512;
}

void ft_dm_mount(const char *serial, const char *options)
{
	static struct request request;
	char device[32];

	if (!ft_disk_find(serial, disk))
		ft_skip_all("no disk with the serial %s", serial);
	measure();
	memset(&request, 0, sizeof(request));
	if (control(DM_DEV_CREATE, &request, 0) < 0)
		give_up("DM_DEV_CREATE");
	snprintf(device, sizeof(device), "/dev/dm-%u", minor(request.head.dev));
	if (load(NULL, 0) < 0 || go_on() < 0)
		give_up("device mapper table");
	mkdir(FT_DM_AT, 0755);
	if (mount(device, FT_DM_AT, "ext4", 0, options) < 0)
		give_up("mount of the device mapper device");
}

void ft_dm_release(void)
{
	static struct request request;

	if (go_on() < 0)
		give_up("DM_DEV_SUSPEND");
	if (!ft_disk_unmount(FT_DM_AT))
		give_up("umount " FT_DM_AT);
	memset(&request, 0, sizeof(request));
	if (control(DM_DEV_REMOVE, &request, 0) < 0)
		give_up("DM_DEV_REMOVE");
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* The block size of the file system is a page. */
static uint64_t block_of(int fd, size_t page)
{
	int block = (int)page;

	if (ioctl(fd, FIBMAP, &block) < 0 || block == 0)
		ft_fail("FIBMAP does not know the block of page %zu", page);
	return (uint64_t)block;
}

void ft_dm_fail(int fd, size_t pages, size_t stride)
{
	uint64_t bad[TARGETS_MAX / 2];
	size_t n = 0;

	for (size_t page = 0; page < pages && n < TARGETS_MAX / 2; page += stride)
		bad[n++] = block_of(fd, page);
	qsort(bad, n, sizeof(*bad), by_value);
	if (load(bad, n) < 0 || go_on() < 0)
		ft_fail_errno("device mapper table with errors");
}

void ft_dm_heal(void)
{
	if (load(NULL, 0) < 0 || go_on() < 0)
		ft_fail_errno("device mapper table without errors");
}

void ft_dm_stop(void)
{
	static struct request request;

	memset(&request, 0, sizeof(request));
	if (control(DM_DEV_SUSPEND, &request,
		    DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG) < 0)
		ft_fail_errno("DM_DEV_SUSPEND");
}

void ft_dm_go_on(void)
{
	if (go_on() < 0)
		ft_fail_errno("DM_DEV_SUSPEND without DM_SUSPEND_FLAG");
}
