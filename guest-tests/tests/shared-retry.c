// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the first store to a page of a shared mapping whose vm_ops have ->fault but no
 * ->map_pages is given up under the VMA lock and done again under mmap_lock: SysV shared memory,
 * udmabuf and the probe driver, with one thread, as many as vCPUs, and twice as many. And that a SysV
 * segment lives as long as a piece of its mapping: vm_ops that count their VMAs are told of each.
 *
 * A kernel that calls such a ->fault under the VMA lock shows vma_lock_success; one that forgets
 * to drop the lock before it retries, or drops it twice, leaves it off its rest, which the probe
 * driver tells, and hangs when the mapping goes. One that splits a mapping without ->open takes the
 * segment away with the first piece.
 */
#include "ft.h"
#include "ft_probe.h"
#include "ft_touch.h"
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/shm.h>

#define PAGES 1024 /* the most that udmabuf and the probe driver give by default */

struct shape {
	enum ft_kind kind;
	unsigned threads;
};

static void touch(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_new(shape->kind, PAGES);
	char name[64];
	struct ft_touch result;

	snprintf(name, sizeof(name), "shared-retry-%s/%u", ft_kind_name(shape->kind),
		 shape->threads);
	result = ft_touch_pages(&map, shape->threads, ft_stream(name));
	ft_touch_report(&map, &result);
	ft_expect_mmap_lock("shared write faults without ->map_pages", PAGES, &result.lock);
	ft_probe_expect_unlocked(map.addr, "faults that were retried under mmap_lock");
	ft_touch_verify(&map, result.seed);
	ft_map_free(&map);
}

/* Made three by mprotect of its middle, and taken away from the front. */
static void take_by_pieces(const void *arg)
{
	int segment = shmget(IPC_PRIVATE, (size_t)3 * FT_PAGE, IPC_CREAT | 0600);
	char *addr = segment < 0 ? (void *)-1 : shmat(segment, NULL, 0);
	struct shmid_ds ds;

	(void)arg;
	if (addr == (void *)-1)
		ft_fail_errno("shmget and shmat");
	if (shmctl(segment, IPC_RMID, NULL) < 0)
		ft_fail_errno("IPC_RMID of a segment that is mapped");
	if (mprotect(addr + FT_PAGE, FT_PAGE, PROT_READ) < 0)
		ft_fail_errno("mprotect");
	addr[0] = addr[2 * FT_PAGE] = 1;
	for (unsigned piece = 0; piece < 3; piece++) {
		if (shmctl(segment, IPC_STAT, &ds) < 0)
			ft_fail_errno("IPC_STAT of a segment of which pieces are mapped");
		if (ds.shm_nattch < 1)
			ft_fail("%u pieces are mapped, and shm_nattch is 0", 3 - piece);
		if (munmap(addr + piece * FT_PAGE, FT_PAGE) < 0)
			ft_fail_errno("munmap");
	}
	if (shmctl(segment, IPC_STAT, &ds) == 0 || (errno != EINVAL && errno != EIDRM))
		ft_fail("the removed segment outlives its last mapping");
}

static void run(const struct ft_test *test)
{
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);
	bool counts_vmas = test->arg == FT_SHM;

	ft_lockstat_need();
	ft_probe_need();
	ft_plan(n + counts_vmas);
	for (unsigned i = 0; i < n; i++) {
		struct shape shape = {.kind = (enum ft_kind)test->arg, .threads = counts[i]};

		ft_case(touch, &shape, "threads-%u", counts[i]);
	}
	if (counts_vmas)
		ft_case(take_by_pieces, NULL, "pieces");
}

const struct ft_test shared_retry_shm = {
	.name = "shared-retry-shm",
	.summary =
		"stores to SysV shared memory are retried under mmap_lock and leave no lock behind",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_SYSVIPC CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_SHM,
};

const struct ft_test shared_retry_udmabuf = {
	.name = "shared-retry-udmabuf",
	.summary = "stores to a udmabuf are retried under mmap_lock and leave no lock behind",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_UDMABUF CONFIG_MEMFD_CREATE CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_UDMABUF,
};

const struct ft_test shared_retry_probe = {
	.name = "shared-retry-probe",
	.summary = "stores to a driver without ->map_pages are retried and leave no lock behind",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_PROBE_NOMP,
};
