/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own count of the locks that page faults took (CONFIG_PER_VMA_LOCK_STATS).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ft_lockstat {
	int64_t success; /* handled under the VMA lock */
	int64_t abort;	 /* the VMA lock could not be had */
	int64_t retry;	 /* given up under the VMA lock, and done again under mmap_lock */
	int64_t miss;
};

/* False: the kernel does not count. */
bool ft_lockstat_read(struct ft_lockstat *stat);

struct ft_lockstat ft_lockstat_delta(const struct ft_lockstat *before,
				     const struct ft_lockstat *after);

/* Skips the whole test where the kernel does not count. */
void ft_lockstat_need(void);

/*
 * Faults that may go the other way in a run of so many. The counters are the whole system's, so
 * the faults of PID 1 and of this program's own text and stack are among them (measured: 2 in a
 * case, on every kernel), and a fault may meet a folio that somebody else has locked. One in a
 * hundred and 16 is far above that, and far below what a kernel that takes the wrong lock shows:
 * every one of them.
 */
int64_t ft_lockstat_slack(uint64_t faults);

/* Fails the case unless all but the slack of the faults took this lock. */
void ft_expect_vma_lock(const char *what, uint64_t faults, const struct ft_lockstat *delta);
void ft_expect_mmap_lock(const char *what, uint64_t faults, const struct ft_lockstat *delta);
