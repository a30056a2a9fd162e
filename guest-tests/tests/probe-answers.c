// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves each way out of a fault on a file: a driver answers ->fault with SIGBUS, SIGSEGV, "mapped
 * already", "again", a major fault or an unlocked page, and ->page_mkwrite and ->pfn_mkwrite with
 * SIGBUS, SIGSEGV, "mapped already" or "gone"; on shared stores, shared reads, stores to pages that
 * were read before, private stores and private reads; with ->map_pages and without; of pages and of
 * bare frames. And a driver that has no ->fault, where each access is SIGBUS.
 *
 * After each access: the right signal or the right data, and both locks at rest. At the end each
 * page has one reference a mapping and none else, is unlocked, and is dirty if it was stored to. A
 * kernel that forgets on one way out to drop, to put, to unlock or to mark shows just there.
 */
#include "ft.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_trap.h"
#include "table.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define ROUNDS 4 /* of each answer */

enum access { SHARED_STORE, SHARED_READ, READ_THEN_STORE, PRIVATE_STORE, PRIVATE_READ, ACCESSES };

static const struct {
	const char *name;
	bool is_private, stores, reads_first;
} accesses[ACCESSES] = {
	[SHARED_STORE] = {"shared-store", false, true, false},
	[SHARED_READ] = {"shared-read", false, false, false},
	[READ_THEN_STORE] = {"read-then-store", false, true, true},
	[PRIVATE_STORE] = {"private-store", true, true, false},
	[PRIVATE_READ] = {"private-read", true, false, false},
};

static const struct {
	unsigned shape;
	const char *name;
} shapes[] = {
	{FL_PROBE_HAS_MAP_PAGES | FL_PROBE_HAS_MKWRITE, "mp-mkwrite"},
	{FL_PROBE_HAS_MKWRITE, "nomp-mkwrite"},
	{FL_PROBE_HAS_MAP_PAGES, "mp"},
	{0, "nomp"},
	{FL_PROBE_IS_PFN | FL_PROBE_HAS_MAP_PAGES | FL_PROBE_HAS_MKWRITE, "pfn-mp-mkwrite"},
	{FL_PROBE_IS_PFN | FL_PROBE_HAS_MKWRITE, "pfn-nomp-mkwrite"},
	{FL_PROBE_IS_PFN | FL_PROBE_HAS_MAP_PAGES, "pfn-mp"},
	{FL_PROBE_IS_PFN, "pfn-nomp"},
};
#define SHAPES (sizeof(shapes) / sizeof(*shapes))

static const struct answer {
	enum fl_probe_call call;
	enum fl_probe_answer answer;
	const char *name;
	int signum;
	bool is_major;
} answers[] = {
	{FL_PROBE_FAULT, FL_PROBE_AS_EVER, "->fault", 0, false},
	{FL_PROBE_FAULT, FL_PROBE_SIGBUS, "->fault with SIGBUS", SIGBUS, false},
	{FL_PROBE_FAULT, FL_PROBE_SIGSEGV, "->fault with SIGSEGV", SIGSEGV, false},
	{FL_PROBE_FAULT, FL_PROBE_NOPAGE, "->fault with NOPAGE", 0, false},
	{FL_PROBE_FAULT, FL_PROBE_RETRY, "->fault with RETRY", 0, false},
	{FL_PROBE_FAULT, FL_PROBE_MAJOR, "->fault with MAJOR", 0, true},
	{FL_PROBE_FAULT, FL_PROBE_UNLOCKED, "->fault with an unlocked page", 0, false},
	{FL_PROBE_MKWRITE, FL_PROBE_SIGBUS, "mkwrite with SIGBUS", SIGBUS, false},
	{FL_PROBE_MKWRITE, FL_PROBE_SIGSEGV, "mkwrite with SIGSEGV", SIGSEGV, false},
	{FL_PROBE_MKWRITE, FL_PROBE_NOPAGE, "mkwrite with NOPAGE", 0, false},
	{FL_PROBE_MKWRITE, FL_PROBE_UNLOCKED, "mkwrite of a page that is gone", 0, false},
};
#define ANSWERS (sizeof(answers) / sizeof(*answers))
#define PAGES	(ANSWERS * ROUNDS)

struct shape {
	unsigned bits;
	enum access access;
};

static bool applies(const struct shape *shape, const struct answer *answer)
{
	bool is_pfn = shape->bits & FL_PROBE_IS_PFN;

	if (answer->call == FL_PROBE_FAULT)
		return !is_pfn || !(answer->is_major || answer->answer == FL_PROBE_UNLOCKED);
	return shape->bits & FL_PROBE_HAS_MKWRITE && accesses[shape->access].stores &&
	       !accesses[shape->access].is_private;
}

static long major_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_majflt;
}

static struct ft_trap access_page(const struct shape *shape, char *page)
{
	char value = 0;
	struct ft_trap trap;

	if (accesses[shape->access].stores)
		return ft_trap_store(page, 1);
	trap = ft_trap_load(page, &value);
	if (!trap.signum && value)
		ft_fail("a fresh page of the driver is not zero");
	return trap;
}

static void read_first(const struct shape *shape, const struct answer *answer, char *page)
{
	struct ft_trap trap;

	/* An order for ->fault is for the read; then the store finds the page. */
	if (!accesses[shape->access].reads_first || answer->call == FL_PROBE_FAULT)
		return;
	trap = ft_trap_load(page, NULL);
	ft_trap_expect_none(&trap, "the read of a fresh page");
}

/* The ordered answer, and then the same access again, which must go through. */
static void meet(const struct shape *shape, const struct answer *answer, const struct ft_map *map,
		 char *page)
{
	long major;
	struct ft_trap trap;

	read_first(shape, answer, page);
	ft_probe_order(map->fd, answer->call, answer->answer, 1);
	major = major_faults();
	if (accesses[shape->access].reads_first && answer->call == FL_PROBE_FAULT)
		trap = ft_trap_load(page, NULL);
	else
		trap = access_page(shape, page);
	major = major_faults() - major;
	ft_probe_expect_unlocked(page, answer->name);
	if (trap.signum != answer->signum)
		ft_fail("%s gave signal %d, and not %d", answer->name, trap.signum, answer->signum);
	if (answer->is_major && !major)
		ft_fail("%s was not counted as a major fault", answer->name);
	trap = access_page(shape, page);
	ft_trap_expect_none(&trap, "the same access again");
	ft_probe_expect_unlocked(page, "the same access again");
	if (accesses[shape->access].stores && *(volatile char *)page != 1)
		ft_fail("after %s the page does not hold what was stored", answer->name);
}

static void verify(const struct shape *shape, const struct ft_map *map, unsigned pages)
{
	char expected =
		accesses[shape->access].stores && !accesses[shape->access].is_private ? 1 : 0;
	char bytes[FT_PAGE];

	for (unsigned page = 0; page < pages; page++) {
		ft_map_pread(map, page, bytes);
		if (bytes[0] != expected)
			ft_fail("page %u of the driver holds %d after %s, and not %d", page,
				bytes[0], accesses[shape->access].name, expected);
	}
}

/* A shared store must have marked its page by the end of the fault, not by that of the mapping. */
static void expect_dirty(const struct shape *shape, int fd, unsigned pages)
{
	bool is_told = shape->access == SHARED_STORE ||
		       (shape->access == READ_THEN_STORE && shape->bits & FL_PROBE_HAS_MKWRITE);
	unsigned dirty = ft_probe_pages(fd).dirty;

	if (is_told && !(shape->bits & FL_PROBE_IS_PFN) && dirty != pages)
		ft_fail("%u pages were stored to, and %u are dirty", pages, dirty);
}

static struct ft_map map_driver(const struct shape *shape, size_t pages)
{
	struct ft_map map = {.kind = FT_PROBE_MP, .bytes = pages * FT_PAGE};

	map.fd = ft_probe_open(true);
	ft_probe_shape(map.fd, shape->bits);
	map.addr = mmap(NULL, map.bytes, PROT_READ | PROT_WRITE,
			accesses[shape->access].is_private ? MAP_PRIVATE : MAP_SHARED, map.fd, 0);
	if (map.addr == MAP_FAILED)
		ft_fail_errno("mmap of the probe driver");
	return map;
}

static void meet_all(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = map_driver(shape, PAGES);
	unsigned pages = 0, mapped;
	struct fl_probe_counts counts;

	ft_trap_prepare();
	for (size_t a = 0; a < ANSWERS; a++)
		for (unsigned round = 0; round < ROUNDS && applies(shape, &answers[a]); round++)
			meet(shape, &answers[a], &map, map.addr + pages++ * FT_PAGE);
	mapped = shape->bits & FL_PROBE_IS_PFN || shape->access == PRIVATE_STORE ? 0 : pages;
	expect_dirty(shape, map.fd, pages);
	ft_probe_expect_mapped(map.fd, mapped, accesses[shape->access].name);
	ft_probe_expect_promises(map.fd);
	counts = ft_probe_counts(map.fd);
	ft_metric_add("fault_vma", counts.fault_vma);
	ft_metric_add("fault_mmap", counts.fault_mmap);
	ft_metric_add("mkwrite", counts.mkwrite);
	ft_map_unmap(&map);
	ft_probe_expect_mapped(map.fd, 0, "munmap");
	verify(shape, &map, pages);
	ft_map_free(&map);
}

static bool has_case(size_t s, size_t a)
{
	return !(shapes[s].shape & FL_PROBE_IS_PFN && accesses[a].is_private);
}

/* The kernel has nobody to ask, and may neither ask again nor map anything. */
static void meet_nobody(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = map_driver(shape, ROUNDS);

	ft_trap_prepare();
	for (unsigned page = 0; page < ROUNDS; page++) {
		char *addr = map.addr + page * FT_PAGE;
		struct ft_trap trap = access_page(shape, addr);

		ft_trap_expect(&trap, SIGBUS, addr, "an access to what no driver can map");
		ft_probe_expect_unlocked(addr, "an access to what no driver can map");
	}
	if (madvise(map.addr, map.bytes,
		    accesses[shape->access].stores ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0)
		ft_fail("what no driver can map is populated");
	ft_map_unmap(&map);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	unsigned cases = ACCESSES - 1;

	(void)test;
	ft_probe_need();
	for (size_t s = 0; s < SHAPES; s++)
		for (size_t a = 0; a < ACCESSES; a++)
			cases += has_case(s, a);
	ft_plan(cases);
	for (size_t s = 0; s < SHAPES; s++)
		for (size_t a = 0; a < ACCESSES; a++) {
			struct shape shape = {.bits = shapes[s].shape, .access = (enum access)a};

			if (has_case(s, a))
				ft_case(meet_all, &shape, "%s-%s", shapes[s].name,
					accesses[a].name);
		}
	for (size_t a = 0; a < ACCESSES; a++) {
		struct shape shape = {.bits = FL_PROBE_NO_CALLS, .access = (enum access)a};

		if (a != READ_THEN_STORE)
			ft_case(meet_nobody, &shape, "no-fault-%s", accesses[a].name);
	}
}

const struct ft_test probe_answers = {
	.name = "probe-answers",
	.summary = "whatever a driver answers to a fault, locks, pages, signals and data come out "
		   "right",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_PER_VMA_LOCK",
	.run = run,
};
