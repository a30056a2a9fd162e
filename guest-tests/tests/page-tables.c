// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the page tables which faults bring with them are given back: one page is touched in
 * each of many fresh 2 MiB ranges, by a load, a store and a private store; and again in a file
 * that ends before them, where the fault fails with SIGBUS after its page table was already made.
 * To the first ranges the threads come at the same moment, each to a page of its own.
 * VmPTE of the process goes up and comes back, and so does nr_page_table_pages of the system.
 *
 * A kernel that forgets the table that it made in advance loses one for each fault that fails, or
 * that meets another thread's table; one that puts its own over that loses the pages in it as well,
 * which the kernel tells when the process ends.
 */
#include "ft.h"
#include "ft_gate.h"
#include "ft_map.h"
#include "ft_procfs.h"
#include "ft_stretch.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "table.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#define RANGES	   256
#define MET	   32 /* of them: all threads at the same moment */
#define RANGE	   (2ul << 20)
#define SLACK	   48	/* pages; a loss shows as hundreds */
#define SETTLE_MS  3000 /* tables are freed late, by RCU; scaled */
#define STEP_MS	   10
#define SHORT_FILE FT_PAGE

enum how { LOAD, STORE, PRIVATE_STORE };

struct shape {
	enum how how;
	bool fails;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	struct ft_gate gate;
	char *addr;
};

static uint64_t vm_pte_kb(void)
{
	return ft_procfs_number("/proc/self/status", "VmPTE:");
}

/* The first range is left to the file's only page. */
static void touch_all(unsigned index, void *arg)
{
	struct job *job = arg;

	for (size_t range = 1; range <= RANGES; range++) {
		char *at = job->addr + range * RANGE + (range <= MET ? index : 0) * FT_PAGE;
		struct ft_trap trap;

		if (range <= MET)
			ft_gate_pass(&job->gate);
		trap = job->shape->how == LOAD ? ft_trap_load(at, NULL) : ft_trap_store(at, 1);
		if (job->shape->fails)
			ft_trap_expect(&trap, SIGBUS, at, "an access past the end of a file");
		else
			ft_trap_expect_none(&trap, "an access to a fresh range");
	}
}

static void wait_for_base(uint64_t base)
{
	struct ft_limit limit = ft_limit_new(SETTLE_MS);
	uint64_t now;

	while ((now = ft_procfs_vmstat("nr_page_table_pages")) > base + SLACK) {
		if (ft_limit_is_over(&limit))
			ft_fail("nr_page_table_pages did not come back to its base: %llu before "
				"faults in %u fresh ranges, %llu after munmap",
				(unsigned long long)base, RANGES, (unsigned long long)now);
		poll(NULL, 0, STEP_MS);
	}
}

static void expect_tables(uint64_t base_kb)
{
	uint64_t rose = vm_pte_kb() - base_kb;

	if (rose < RANGES * FT_PAGE / 1024 || rose > 2 * RANGES * FT_PAGE / 1024)
		ft_fail("VmPTE rose by %llu kB for a page in each of %u ranges of 2 MiB",
			(unsigned long long)rose, RANGES);
}

static void touch_and_unmap(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape};
	struct ft_map map;
	uint64_t base_kb, base;

	ft_trap_prepare();
	ft_stretch_turn();
	map = ft_map_with(FT_MEMFD, (RANGES + 2) * RANGE / FT_PAGE, PROT_READ | PROT_WRITE,
			  shape->how == PRIVATE_STORE ? MAP_PRIVATE | MAP_NORESERVE : MAP_SHARED);
	if (shape->fails && ftruncate(map.fd, SHORT_FILE) < 0)
		ft_fail_errno("ftruncate");
	job.addr = (char *)(((uintptr_t)map.addr + RANGE - 1) & ~(RANGE - 1));
	base = ft_procfs_vmstat("nr_page_table_pages");
	base_kb = vm_pte_kb();
	ft_gate_init(&job.gate, shape->threads);
	ft_team_run(shape->threads, touch_all, &job);
	if (!shape->fails)
		expect_tables(base_kb);
	ft_map_unmap(&map);
	/* The threads' stacks have tables of their own. */
	if (vm_pte_kb() > base_kb + 4 * FT_PAGE / 1024 * (shape->threads + 1))
		ft_fail("VmPTE was %llu kB, and is %llu kB after munmap",
			(unsigned long long)base_kb, (unsigned long long)vm_pte_kb());
	wait_for_base(base);
	ft_metric_add("ranges", (uint64_t)RANGES * shape->threads);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const char *const how_names[] = {"load", "store", "private-store"};

	(void)test;
	ft_stretch_open(FT_STRETCH_TABLE);
	ft_plan(3 * 2 * 2);
	for (int how = LOAD; how <= PRIVATE_STORE; how++)
		for (int fails = 0; fails < 2; fails++)
			for (int many = 0; many < 2; many++) {
				struct shape shape = {.how = (enum how)how,
						      .fails = fails,
						      .threads = many ? 2 * ft_cpus() : 1};

				ft_case(touch_and_unmap, &shape, "%s%s-threads-%u", how_names[how],
					fails ? "-fails" : "", shape.threads);
			}
	ft_stretch_close();
}

const struct ft_test page_tables = {
	.name = "page-tables",
	.summary = "page tables made by faults are given back, also when the fault failed",
	.timeout_ms = 20000,
	.memory_mib = 192,
	.modules = "fl_stretch",
	.config = "CONFIG_MEMFD_CREATE CONFIG_PROC_FS CONFIG_VM_EVENT_COUNTERS",
	.run = run,
};
