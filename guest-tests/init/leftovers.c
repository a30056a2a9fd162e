// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks into /proc/mounts and /proc/swaps, and speaks the device mapper's ioctl interface. A device
 * that is stopped goes on first: nothing on it could be unmounted.
 */
#include "leftovers.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <unistd.h>

/* As many as the tests could ever name: they use one. */
#define DEVICES_SIZE 4096

struct reason {
	char *text;
	size_t size;
};

/* The first one stays. */
static void __attribute__((format(printf, 2, 3)))
blame(struct reason *reason, const char *format, ...)
{
	va_list args;

	if (*reason->text)
		return;
	va_start(args, format);
	vsnprintf(reason->text, reason->size, format, args);
	va_end(args);
}

static int control(int fd, unsigned long command, struct dm_ioctl *head, unsigned flags)
{
	head->version[0] = DM_VERSION_MAJOR;
	head->data_start = sizeof(*head);
	head->flags = flags;
	return ioctl(fd, command, head);
}

static void go_on(int fd, const char *name)
{
	struct dm_ioctl head = {.data_size = sizeof(head)};

	snprintf(head.name, sizeof(head.name), "%s", name);
	/* Without DM_SUSPEND_FLAG it means: go on. */
	control(fd, DM_DEV_SUSPEND, &head, DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG);
}

/* The list that the kernel answers: the place of each next entry, from the one before. */
static void mappers_go_on(int fd, struct reason *reason)
{
	static union {
		struct dm_ioctl head;
		char bytes[DEVICES_SIZE];
	} list;
	const struct dm_name_list *entry;

	memset(&list, 0, sizeof(list));
	list.head.data_size = sizeof(list);
	if (control(fd, DM_LIST_DEVICES, &list.head, 0) < 0)
		return;
	entry = (const void *)(list.bytes + list.head.data_start);
	if (!entry->dev)
		return;
	for (;; entry = (const void *)((const char *)entry + entry->next)) {
		blame(reason, "the test ended and left the device mapper device %s", entry->name);
		go_on(fd, entry->name);
		if (!entry->next)
			return;
	}
}

static void clear_mounts(struct reason *reason)
{
	FILE *mounts = fopen("/proc/mounts", "re");
	char line[512], at[128];

	while (mounts && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %127s", at) != 1 || strncmp(at, "/mnt", 4) != 0)
			continue;
		blame(reason, "the test ended and left %s mounted", at);
		umount2(at, MNT_DETACH);
	}
	if (mounts)
		fclose(mounts);
}

static void clear_swaps(struct reason *reason)
{
	FILE *swaps = fopen("/proc/swaps", "re");
	char line[512], device[128];

	while (swaps && fgets(line, sizeof(line), swaps)) {
		if (sscanf(line, "%127s", device) != 1 || *device != '/')
			continue;
		blame(reason, "the test ended and left swap on %s in use", device);
		swapoff(device);
	}
	if (swaps)
		fclose(swaps);
}

bool leftovers_clear(char *text, size_t size)
{
	/* A kernel without the device mapper has no such file, and none of its devices. */
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	struct reason reason = {text, size};

	*text = '\0';
	if (fd >= 0)
		mappers_go_on(fd, &reason);
	clear_mounts(&reason);
	clear_swaps(&reason);
	if (fd >= 0) {
		struct dm_ioctl head = {.data_size = sizeof(head)};

		/* Deferred: a mount that was detached may be busy for a moment. */
		control(fd, DM_REMOVE_ALL, &head, DM_DEFERRED_REMOVE);
		close(fd);
	}
	return !*text;
}
