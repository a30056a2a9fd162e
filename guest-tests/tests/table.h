/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every test there is. A test is declared here, defined in its file, and listed in table.c.
 */
#pragma once

#include "ft.h"

extern const struct ft_test vdso_fork;
extern const struct ft_test shared_write_tmpfs, shared_write_memfd, shared_write_anon,
	shared_write_ext4, shared_write_xfs;
extern const struct ft_test shared_retry_shm, shared_retry_udmabuf, shared_retry_probe;
extern const struct ft_test shared_retry_perf;
extern const struct ft_test probe_promises;
extern const struct ft_test retry_unlocks;
extern const struct ft_test fault_io_ext4;
extern const struct ft_test entry_points;
extern const struct ft_test fault_around;
extern const struct ft_test first_touch;
extern const struct ft_test disk_file, dirty_throttle, lookup_races;
extern const struct ft_test fault_progress;
extern const struct ft_test past_end, mapped_parts, mapped_fallocate, write_protected, disk_full,
	fault_io_error, memory_limit, fault_killed, second_try, error_races;
extern const struct ft_test file_times, fault_counts, rss_types, page_tables, pages_released,
	memory_kept;
extern const struct ft_test probe_answers, held_fault, userfault_shmem, huge_shmem, locked_shared,
	memcg_shared;
extern const struct ft_test hugetlb_shared;
extern const struct ft_test msync_file;
extern const struct ft_test fork_copies;
extern const struct ft_test private_file, private_swap, swap_file;
extern const struct ft_test same_page;
extern const struct ft_test write_protect, unseen_stores, page_migration;
extern const struct ft_test truncate_faults;
extern const struct ft_test vma_changes;
extern const struct ft_test fork_stores;
/* Families, each ended by one without a name. */
extern const struct ft_test splats[], touch_cost[], stretch_places[], misbehaviours[];
