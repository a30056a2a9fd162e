/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory cgroups (cgroup2) of a test, by name.
 */
#pragma once

#define FT_GROUP_AT "/mnt/cgroup"

/* Before the first case, and after the last one; skips the test where the kernel has none. */
void ft_group_mount(void);
void ft_group_unmount(void);

/* The group may be there, left by a case that failed. Both fail the case. */
void ft_group_make(const char *path);
void ft_group_remove(const char *path);

/* Moves this process, with all of its threads; fails the case. */
void ft_group_join(const char *path);
