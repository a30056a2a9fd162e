// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds a disk by /sys/block/vd?/serial and mounts it, or swaps to it.
 */
#include "ft_disk.h"
#include "ft.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#define PATH_SIZE FT_DISK_PATH_SIZE
#define TRIES	  40
#define STEP_MS	  50

static bool serial_is(char letter, const char *serial)
{
	char path[PATH_SIZE], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/block/vd%c/serial", letter);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, serial) == 0;
}

/*
 * In a deterministic machine disks are /dev/pmem0, /dev/pmem1 ... by their place in "fl.pmem=a,b"
 * of the kernel's command line.
 */
static bool pmem_of(const char *serial, char path[FT_DISK_PATH_SIZE])
{
	static const char key[] = "fl.pmem=";
	char text[4096] = "";
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *list = len > 0 ? strstr(text, key) : NULL;

	if (fd >= 0)
		close(fd);
	if (!list)
		return false;
	list += strlen(key);
	list[strcspn(list, " \n")] = '\0';
	for (unsigned i = 0; (list = strtok(i ? NULL : list, ",")); i++) {
		if (strcmp(list, serial) != 0)
			continue;
		snprintf(path, FT_DISK_PATH_SIZE, "/dev/pmem%u", i);
		return true;
	}
	return false;
}

bool ft_disk_find(const char *serial, char path[FT_DISK_PATH_SIZE])
{
	if (pmem_of(serial, path))
		return true;
	for (char letter = 'a'; letter <= 'z'; letter++) {
		if (!serial_is(letter, serial))
			continue;
		snprintf(path, PATH_SIZE, "/dev/vd%c", letter);
		return true;
	}
	return false;
}

/* By its magic number: to try one after the other would put the failures into the kernel's log. */
static const char *fs_of(const char *device)
{
	char magic[4] = "";
	int fd = open(device, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		/* What cannot be read is left for mount to complain about. */
		(void)!pread(fd, magic, sizeof(magic), 0);
		close(fd);
	}
	return memcmp(magic, "XFSB", sizeof(magic)) == 0 ? "xfs" : "ext4";
}

static bool mount_at(const char *device, const char *at)
{
	mkdir(at, 0755);
	return mount(device, at, fs_of(device), 0, NULL) == 0;
}

static void need_device(const char *serial, char path[PATH_SIZE])
{
	if (!ft_disk_find(serial, path))
		ft_skip_all("no disk with the serial %s", serial);
}

void ft_disk_mount(const char *serial)
{
	char device[PATH_SIZE], at[PATH_SIZE];

	need_device(serial, device);
	snprintf(at, sizeof(at), "/mnt/%s", serial);
	if (!mount_at(device, at)) {
		fprintf(stderr, "mount %s at %s: %s\n", device, at, strerror(errno));
		exit(1);
	}
}

bool ft_disk_unmount(const char *at)
{
	for (int i = 0; i < TRIES; i++) {
		if (umount2(at, 0) == 0)
			return true;
		if (errno != EBUSY)
			return false;
		poll(NULL, 0, ft_scaled_ms(STEP_MS));
	}
	errno = EBUSY;
	return false;
}

void ft_disk_release(const char *serial)
{
	char at[PATH_SIZE];

	snprintf(at, sizeof(at), "/mnt/%s", serial);
	if (ft_disk_unmount(at))
		return;
	fprintf(stderr, "umount %s: %s\n", at, strerror(errno));
	exit(1);
}

void ft_disk_remount(const char *serial)
{
	char device[PATH_SIZE], at[PATH_SIZE];

	snprintf(at, sizeof(at), "/mnt/%s", serial);
	if (umount2(at, 0) < 0)
		ft_fail_errno("umount of the disk that nobody uses");
	if (!ft_disk_find(serial, device) || !mount_at(device, at))
		ft_fail_errno("mount of the disk that was mounted before");
}

void ft_disk_swap_on(const char *serial)
{
	char device[PATH_SIZE];

	need_device(serial, device);
	if (swapon(device, 0) == 0)
		return;
	fprintf(stderr, "swapon %s: %s\n", device, strerror(errno));
	exit(1);
}

void ft_disk_swap_off(const char *serial)
{
	char device[PATH_SIZE];

	need_device(serial, device);
	if (swapoff(device) == 0)
		return;
	fprintf(stderr, "swapoff %s: %s\n", device, strerror(errno));
	exit(1);
}
