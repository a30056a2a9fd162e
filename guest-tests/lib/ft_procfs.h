/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures of the kernel's text files.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The number after the key at the start of a line ("RssShmem:", "pgmajfault"); fails the case. */
uint64_t ft_procfs_number(const char *path, const char *key);

/* The number that is all of the file; fails the case. */
uint64_t ft_procfs_value(const char *path);
void ft_procfs_set(const char *path, uint64_t value);

/* /proc/vmstat, with the shares of all CPUs folded in. */
uint64_t ft_procfs_vmstat(const char *key);

/* Whether the text stands anywhere in the file; fails the case when it is not there. */
bool ft_procfs_holds(const char *path, const char *wanted);

/* A line into a file of the kernel; fails the case. */
void ft_procfs_write(const char *path, const char *text);
