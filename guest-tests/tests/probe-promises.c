// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that ->fault, ->map_pages and ->page_mkwrite of a driver are called with the lock that the
 * fault's flags promise, and that a driver without ->map_pages is never called under the VMA
 * lock alone: shared stores, shared reads and stores after them, private stores and reads, each
 * with one thread and with one a vCPU, on the probe driver's two devices.
 *
 * The driver itself looks at the locks and counts. With one thread the look is exact on every
 * kernel; with more it is exact where lockdep is built in.
 */
#include "ft.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_team.h"
#include "table.h"

#include <sys/mman.h>

#define PAGES 256

enum access { SHARED_WRITE, SHARED_READ, SHARED_READ_WRITE, PRIVATE_WRITE, PRIVATE_READ, ACCESSES };

static const char *const access_names[ACCESSES] = {
	"shared-write", "shared-read", "shared-read-write", "private-write", "private-read"};

struct shape {
	enum access access;
	enum ft_kind kind;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	char *addr;
};

static void access_page(enum access how, volatile char *page)
{
	if (how != SHARED_WRITE && how != PRIVATE_WRITE && *page != 0)
		ft_fail("a fresh page of the probe driver is not zero");
	if (how == SHARED_READ || how == PRIVATE_READ)
		return;
	*page = 1;
	if (*page != 1)
		ft_fail("a page of the probe driver does not hold what was stored there");
}

static void access_share(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = index; page < PAGES; page += job->shape->threads)
		access_page(job->shape->access, job->addr + page * FT_PAGE);
}

static bool is_private(enum access how)
{
	return how == PRIVATE_WRITE || how == PRIVATE_READ;
}

static void verify(const struct ft_map *map, enum access how)
{
	char expected = how == SHARED_WRITE || how == SHARED_READ_WRITE;
	char page[FT_PAGE];

	for (size_t i = 0; i < PAGES; i++) {
		ft_map_pread(map, i, page);
		if (page[0] != expected)
			ft_fail("page %zu of the probe driver holds %d after %s, not %d", i,
				page[0], access_names[how], expected);
	}
}

/* The promise of the patch: a shared store on a device with ->map_pages needs no mmap_lock. */
static void expect_locks(const struct fl_probe_counts *counts, const struct shape *shape)
{
	uint64_t slack = PAGES / 16;

	if (counts->fault_vma + counts->fault_mmap < PAGES)
		ft_fail("->fault was called %llu times for %u pages",
			(unsigned long long)(counts->fault_vma + counts->fault_mmap), PAGES);
	if (shape->kind == FT_PROBE_NOMP && counts->fault_vma)
		ft_fail("a driver without ->map_pages got %llu faults under the VMA lock",
			(unsigned long long)counts->fault_vma);
	if (shape->kind == FT_PROBE_MP && shape->access == SHARED_WRITE &&
	    counts->fault_mmap > slack)
		ft_fail("shared write faults of a driver with ->map_pages were not handled under "
			"the "
			"VMA lock: %u pages touched, %llu faults under the VMA lock, %llu under "
			"mmap_lock",
			PAGES, (unsigned long long)counts->fault_vma,
			(unsigned long long)counts->fault_mmap);
}

static void access_all(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
					is_private(shape->access) ? MAP_PRIVATE : MAP_SHARED);
	struct job job = {.shape = shape, .addr = map.addr};
	struct fl_probe_counts counts;

	/* One thread means no other one in the process: then each look at a lock is exact. */
	if (shape->threads == 1)
		access_share(0, &job);
	else
		ft_team_run(shape->threads, access_share, &job);
	ft_probe_expect_promises(map.fd);
	counts = ft_probe_counts(map.fd);
	expect_locks(&counts, shape);
	ft_probe_expect_unlocked(map.addr, "faults on the probe driver");
	ft_metric_add("fault_vma", counts.fault_vma);
	ft_metric_add("fault_mmap", counts.fault_mmap);
	ft_metric_add("page_mkwrite", counts.mkwrite);
	verify(&map, shape->access);
	ft_map_free(&map);
}

static void run_case(enum access how, enum ft_kind kind, unsigned threads)
{
	struct shape shape = {.access = how, .kind = kind, .threads = threads};

	ft_case(access_all, &shape, "%s-%s-threads-%u", ft_kind_name(kind), access_names[how],
		threads);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind devices[] = {FT_PROBE_MP, FT_PROBE_NOMP};
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;

	(void)test;
	ft_probe_need();
	ft_plan(ACCESSES * 2 * 2);
	for (int how = 0; how < ACCESSES; how++)
		for (int device = 0; device < 2; device++) {
			run_case((enum access)how, devices[device], 1);
			run_case((enum access)how, devices[device], many);
		}
}

const struct ft_test probe_promises = {
	.name = "probe-promises",
	.summary = "a driver is called with the lock that the fault's flags promise",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_PER_VMA_LOCK",
	.run = run,
};
