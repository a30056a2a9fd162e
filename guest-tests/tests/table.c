// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests in the order in which they run: the cheap and telling ones first, those that can
 * leave a broken kernel hanging last.
 */
#include "table.h"

/* One a line, so that branches that add a test do not meet. */
/* clang-format off */
const struct ft_test *const ft_tests[] = {
	&vdso_fork,
	&shared_write_tmpfs,
	&shared_write_memfd,
	&shared_write_anon,
	&shared_write_ext4,
	&shared_write_xfs,
	&first_touch,
	&fault_around,
	&disk_file,
	&fault_io_ext4,
	&shared_retry_shm,
	&shared_retry_udmabuf,
	&shared_retry_perf,
	&shared_retry_probe,
	&file_times,
	&fault_counts,
	&rss_types,
	&page_tables,
	&pages_released,
	&memory_kept,
	&past_end,
	&mapped_parts,
	&mapped_fallocate,
	&write_protected,
	&disk_full,
	&fault_io_error,
	&memory_limit,
	&fault_killed,
	&second_try,
	&error_races,
	&probe_promises,
	&entry_points,
	&retry_unlocks,
	&probe_answers,
	&held_fault,
	&dirty_throttle,
	&userfault_shmem,
	&huge_shmem,
	&locked_shared,
	&hugetlb_shared,
	&memcg_shared,
	&fault_progress,
	&msync_file,
	&fork_copies,
	&private_file,
	&private_swap,
	&swap_file,
	&same_page,
	&write_protect,
	&unseen_stores,
	&page_migration,
	&truncate_faults,
	&lookup_races,
	&vma_changes,
	&fork_stores,
	NULL,
};
/* clang-format on */

const struct ft_test *const ft_named_tests[] = {splats, touch_cost, stretch_places, NULL};
const struct ft_test *const ft_hidden_tests = misbehaviours;
