// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a retried fault leaves no lock behind: after stores to a mapping without
 * ->map_pages, everything that needs the VMA's or the process' lock for writing finishes at once,
 * from another thread: mprotect, mremap, munmap, fork, a new mapping over it; and so does the exit
 * of a process that has just faulted. The same after faults that needed no retry.
 *
 * A kernel that forgets to drop the lock hangs in down_write; the case says so after its limit,
 * and PID 1 says which task is stuck where.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "table.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 64

struct op {
	const char *name;
	void (*run)(void *map);
	bool is_child; /* runs in a child that faults on its own */
};

struct shape {
	enum ft_kind kind;
	const struct op *op;
};

static void store_all(const struct ft_map *map, char value)
{
	for (size_t page = 0; page < PAGES; page++)
		((volatile char *)map->addr)[page * FT_PAGE] = value;
}

static void do_mprotect(void *arg)
{
	const struct ft_map *map = arg;

	if (mprotect(map->addr, map->bytes, PROT_READ) < 0)
		ft_fail_errno("mprotect");
}

static void do_munmap(void *arg)
{
	ft_map_unmap(arg);
}

static void do_mremap(void *arg)
{
	ft_map_move(arg);
}

static void do_replace(void *arg)
{
	const struct ft_map *map = arg;

	if (mmap(map->addr, map->bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		ft_fail_errno("mmap over the mapping");
}

static void do_fork(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		ft_fail_errno("waitpid");
}

/* fork copies no page tables of a shared mapping: the child faults again, and exits with that. */
static void do_exit(void *arg)
{
	store_all(arg, 2);
}

static const struct op ops[] = {
	{"mprotect", do_mprotect, false}, {"mremap", do_mremap, false},
	{"fork", do_fork, false},	  {"exit", do_exit, true},
	{"replace", do_replace, false},	  {"munmap", do_munmap, false},
};
#define OPS (sizeof(ops) / sizeof(*ops))

static const enum ft_kind mappings[] = {FT_PROBE_NOMP, FT_SHM, FT_UDMABUF, FT_PROBE_MP, FT_TMPFS};
#define MAPPINGS (sizeof(mappings) / sizeof(*mappings))

static void fault_and_do(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_new(shape->kind, PAGES);
	char what[96];

	store_all(&map, 1);
	snprintf(what, sizeof(what), "%s of %s after %u faults", shape->op->name,
		 ft_kind_name(shape->kind), PAGES);
	if (shape->op->is_child)
		ft_bounded_child(shape->op->run, &map, what);
	else
		ft_bounded(shape->op->run, &map, what);
}

/* Looks at the lock itself, before anything can hang on it. */
static void look_at_lock(const void *arg)
{
	enum ft_kind kind = *(const enum ft_kind *)arg;
	struct ft_map map = ft_map_new(kind, PAGES);

	ft_probe_expect_unlocked(map.addr, "a mapping that was not touched");
	for (size_t page = 0; page < PAGES; page++) {
		((volatile char *)map.addr)[page * FT_PAGE] = 1;
		ft_probe_expect_unlocked(map.addr, "one fault");
	}
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_probe_need();
	ft_plan(MAPPINGS * (OPS + 1));
	for (size_t m = 0; m < MAPPINGS; m++)
		ft_case(look_at_lock, &mappings[m], "%s-lock", ft_kind_name(mappings[m]));
	for (size_t m = 0; m < MAPPINGS; m++)
		for (size_t o = 0; o < OPS; o++) {
			struct shape shape = {.kind = mappings[m], .op = &ops[o]};

			ft_case(fault_and_do, &shape, "%s-%s", ft_kind_name(mappings[m]),
				ops[o].name);
		}
}

const struct ft_test retry_unlocks = {
	.name = "retry-unlocks",
	.summary = "after a retried fault, mprotect, mremap, munmap, fork and exit finish at once",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_PER_VMA_LOCK CONFIG_SYSVIPC CONFIG_UDMABUF",
	.run = run,
};
