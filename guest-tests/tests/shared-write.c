// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the first store to a page of a shared mapping whose vm_ops have ->map_pages is
 * handled under the VMA lock: on tmpfs, memfd, MAP_SHARED|MAP_ANONYMOUS and ext4, with one thread,
 * as many as vCPUs, and twice as many; on xfs with one; and that the stores arrive.
 *
 * A kernel that falls back shows one vma_lock_retry a page; one that loses the lock hangs at the
 * end of the process or shows vma_lock_abort; one that maps the wrong page shows wrong data.
 */
#include "ft.h"
#include "table.h"
#include "ft_disk.h"
#include "ft_touch.h"

#include <stdio.h>

#define PAGES	      4096
#define PAGES_ON_DISK 1024 /* each of them costs a journal credit */

struct shape {
	enum ft_kind kind;
	unsigned threads;
};

static void touch(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map =
		ft_map_new(shape->kind, ft_kind_on_disk(shape->kind) ? PAGES_ON_DISK : PAGES);
	char name[64];
	struct ft_touch result;

	snprintf(name, sizeof(name), "shared-write-%s/%u", ft_kind_name(shape->kind),
		 shape->threads);
	result = ft_touch_pages(&map, shape->threads, ft_stream(name));
	ft_touch_report(&map, &result);
	ft_expect_vma_lock("shared write faults", map.bytes / FT_PAGE, &result.lock);
	ft_touch_verify(&map, result.seed);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	enum ft_kind kind = (enum ft_kind)test->arg;
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);

	/* Its folios are of many pages: threads at neighbours wait for the folio, and that is a retry. */
	if (kind == FT_XFS)
		n = 1;
	ft_lockstat_need();
	if (ft_kind_on_disk(kind))
		ft_disk_mount(ft_kind_name(kind));
	ft_plan(n);
	for (unsigned i = 0; i < n; i++) {
		struct shape shape = {.kind = kind, .threads = counts[i]};

		ft_case(touch, &shape, "threads-%u", counts[i]);
	}
	if (ft_kind_on_disk(kind))
		ft_disk_release(ft_kind_name(kind));
}

const struct ft_test shared_write_tmpfs = {
	.name = "shared-write-tmpfs",
	.summary = "first stores to fresh tmpfs pages are handled under the VMA lock",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.config = "CONFIG_TMPFS CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_TMPFS,
};

const struct ft_test shared_write_memfd = {
	.name = "shared-write-memfd",
	.summary = "first stores to fresh memfd pages are handled under the VMA lock",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.config = "CONFIG_MEMFD_CREATE CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_MEMFD,
};

const struct ft_test shared_write_anon = {
	.name = "shared-write-anon",
	.summary = "first stores to fresh MAP_SHARED|MAP_ANONYMOUS pages are handled under the VMA "
		   "lock",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.config = "CONFIG_SHMEM CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_ANON,
};

const struct ft_test shared_write_ext4 = {
	.name = "shared-write-ext4",
	.summary = "first stores to cached ext4 pages are handled under the VMA lock",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_EXT4,
};

const struct ft_test shared_write_xfs = {
	.name = "shared-write-xfs",
	.summary = "first stores to cached xfs pages are handled under the VMA lock",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "xfs",
	.config = "CONFIG_XFS_FS CONFIG_VIRTIO_BLK CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_XFS,
};
