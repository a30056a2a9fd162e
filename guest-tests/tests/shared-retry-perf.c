// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a store to the first page of a perf ring buffer (->fault and ->page_mkwrite, no
 * ->map_pages) is retried under mmap_lock, each time it is faulted in anew: after
 * MADV_DONTNEED of the same mapping, and in mappings made again and again. And that a store to a
 * page of data is a SIGBUS, whether the page was read before or not.
 *
 * A kernel that calls it under the VMA lock shows vma_lock_success; one that leaks the lock hangs
 * at the first munmap; one that does not ask ->page_mkwrite, or not for each page, lets a program
 * store where only the kernel may.
 */
#include "ft.h"
#include "ft_lockstat.h"
#include "ft_perf.h"
#include "ft_probe.h"
#include "ft_trap.h"
#include "table.h"

#include <linux/perf_event.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS	   256
#define FRESH	   48 /* each munmap waits for RCU */
#define RING_PAGES 2  /* the control page and one of data */

static struct perf_event_mmap_page *map_ring(int fd)
{
	void *ring = mmap(NULL, RING_PAGES * FT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (ring == MAP_FAILED)
		ft_fail_errno("mmap of the perf ring buffer");
	return ring;
}

/* data_tail belongs to user space: the one field that a program may store to. */
static void store(struct perf_event_mmap_page *ring, uint64_t value)
{
	volatile __u64 *tail = &ring->data_tail;

	*tail = value;
	if (*tail != value)
		ft_fail("data_tail of the perf ring buffer does not hold what was stored there");
}

static void fault_again(struct perf_event_mmap_page *ring, uint64_t value)
{
	if (((volatile struct perf_event_mmap_page *)ring)->data_tail != value)
		ft_fail("data_tail of the perf ring buffer changed without a store");
	if (madvise(ring, FT_PAGE, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED of the perf ring buffer");
}

static void report(uint64_t faults, const struct ft_lockstat *delta)
{
	ft_metric_add("faults", faults);
	ft_metric_add("vma_lock_success", delta->success > 0 ? (uint64_t)delta->success : 0);
	ft_metric_add("vma_lock_retry", delta->retry > 0 ? (uint64_t)delta->retry : 0);
}

static void same_mapping(const void *arg)
{
	struct ft_lockstat before = {0}, after = {0}, delta;
	int fd = ft_perf_open();
	struct perf_event_mmap_page *ring = map_ring(fd);

	(void)arg;
	(void)ft_lockstat_read(&before);
	(void)ft_lockstat_read(&before);
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		store(ring, i * 8);
		fault_again(ring, i * 8);
	}
	(void)ft_lockstat_read(&after);
	delta = ft_lockstat_delta(&before, &after);
	report(ROUNDS, &delta);
	ft_expect_mmap_lock("write faults on a perf ring buffer", ROUNDS, &delta);
	ft_probe_expect_unlocked(ring, "faults on a perf ring buffer");
}

static void fresh_mappings(const void *arg)
{
	struct ft_lockstat before = {0}, after = {0}, delta;
	int fd = ft_perf_open();

	(void)arg;
	(void)ft_lockstat_read(&before);
	(void)ft_lockstat_read(&before);
	for (uint64_t i = 1; i <= FRESH; i++) {
		struct perf_event_mmap_page *ring = map_ring(fd);

		store(ring, i * 8);
		if (munmap(ring, RING_PAGES * FT_PAGE) < 0)
			ft_fail_errno("munmap of the perf ring buffer");
	}
	(void)ft_lockstat_read(&after);
	delta = ft_lockstat_delta(&before, &after);
	report(FRESH, &delta);
	ft_expect_mmap_lock("write faults on fresh perf ring buffers", FRESH, &delta);
}

static void data_pages(const void *arg)
{
	int fd = ft_perf_open();
	char *page = (char *)map_ring(fd) + FT_PAGE;
	struct ft_trap trap;

	(void)arg;
	ft_trap_prepare();
	trap = ft_trap_store(page, 1);
	ft_trap_expect(&trap, SIGBUS, page, "a store to a data page of a perf ring buffer");
	trap = ft_trap_load(page, NULL);
	ft_trap_expect_none(&trap, "a load from a data page of a perf ring buffer");
	trap = ft_trap_store(page, 1);
	ft_trap_expect(&trap, SIGBUS, page,
		       "a store to a data page of a perf ring buffer that was read");
	ft_probe_expect_unlocked(page, "stores to a data page of a perf ring buffer");
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_lockstat_need();
	ft_probe_need();
	ft_plan(3);
	ft_case(same_mapping, NULL, "same-mapping");
	ft_case(fresh_mappings, NULL, "fresh-mappings");
	ft_case(data_pages, NULL, "data-pages");
}

const struct ft_test shared_retry_perf = {
	.name = "shared-retry-perf",
	.summary = "stores to the perf control page are retried under mmap_lock, and leave no lock "
		   "behind",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_PERF_EVENTS CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
};
