/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ext4 disk behind the device mapper, which can be made to fail, or to stop for a while.
 */
#pragma once

#include <stddef.h>

#define FT_DM_AT "/mnt/dm"

/*
 * Mounts the disk with this serial at FT_DM_AT, with these options of ext4 or NULL, and skips the
 * whole test where there is no such disk. Call ft_dm_release after the last case: it also lets a
 * stopped device go on.
 */
void ft_dm_mount(const char *serial, const char *options);
void ft_dm_release(void);

/* From now on, I/O on every stride-th page of the file, which must be on disk, is an error. */
void ft_dm_fail(int fd, size_t pages, size_t stride);
/* No I/O is an error any more. */
void ft_dm_heal(void);

/* Between these two, I/O waits; what is in the page cache can be read and written. */
void ft_dm_stop(void);
void ft_dm_go_on(void);
