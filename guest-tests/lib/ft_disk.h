/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio disks of the machine, by the serial they were given.
 */
#pragma once

#include <stdbool.h>

#define FT_DISK_PATH_SIZE 64

/* The device (/dev/vda) of the disk; false where there is none. */
bool ft_disk_find(const char *serial, char path[FT_DISK_PATH_SIZE]);

/*
 * Mounts it at /mnt/<serial> as the ext4 or XFS that it holds, and skips the whole test where
 * there is no such disk. Call ft_disk_release after the last case.
 */
void ft_disk_mount(const char *serial);
void ft_disk_release(const char *serial);

/*
 * Takes a mount down. The processes of a case that failed may need a moment to go, so a mount that
 * is busy is tried again, a bounded number of times. False, with errno set, when it stays.
 */
bool ft_disk_unmount(const char *at);

/* Takes it down and mounts it again, so that only what is on the disk is left; fails the case. */
void ft_disk_remount(const char *serial);

/*
 * The same for a disk that is a swap area: in use from here on, or the whole test is skipped;
 * ft_disk_swap_off brings back what lies on it and has to find room for it.
 */
void ft_disk_swap_on(const char *serial);
void ft_disk_swap_off(const char *serial);
