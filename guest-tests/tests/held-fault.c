// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what the lock of a fault keeps out and what it lets pass, with no race about it: a driver
 * holds the faulting thread in ->fault or ->page_mkwrite, and meanwhile another thread of the
 * process changes the VMA (mprotect, munmap, mremap, madvise, mlock, fork ...), splits it or makes
 * it one with its neighbour. It must wait until the driver lets the fault go on, and then finish,
 * and the VMA that the driver sees must be the same all the time. A process that is killed there
 * must end at once.
 * And while a shared store is held in a driver with ->map_pages, mmap and munmap of something
 * else must not wait: that is what the VMA lock is for.
 *
 * A kernel that drops the lock too early lets the other thread through; one that drops it twice or
 * not at all, or takes mmap_lock after all, keeps it for ever or in vain.
 */
#include "ft.h"
#include "ft_change.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_trap.h"
#include "table.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 5000 /* scaled */

/* What the two processes share: nothing in them may fault while the locks are held. */
struct meeting {
	atomic_bool start;
	atomic_bool done;
	atomic_int trapped; /* the signal that the held access ended with */
	atomic_bool accessed;
};

enum kind {
	SHARED_STORE,
	SHARED_STORE_MKWRITE,
	READ_THEN_STORE,
	SHARED_READ,
	PRIVATE_STORE,
	KINDS
};

static const struct {
	const char *name;
	enum fl_probe_call held_in;
	bool is_private, stores, reads_first;
} kinds[KINDS] = {
	[SHARED_STORE] = {"shared-store", FL_PROBE_FAULT, false, true, false},
	[SHARED_STORE_MKWRITE] = {"shared-store-mkwrite", FL_PROBE_MKWRITE, false, true, false},
	[READ_THEN_STORE] = {"read-then-store", FL_PROBE_MKWRITE, false, true, true},
	[SHARED_READ] = {"shared-read", FL_PROBE_FAULT, false, false, false},
	[PRIVATE_STORE] = {"private-store", FL_PROBE_FAULT, true, true, false},
};

struct shape {
	enum ft_kind device;
	enum kind kind;
	const struct ft_change *change;
	size_t page; /* that the fault is for */
	bool is_split;
};

struct scene {
	const struct shape *shape;
	struct ft_map map;
	struct meeting *meeting;
};

static bool do_elsewhere(struct ft_map *map)
{
	void *addr = mmap(NULL, FT_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)map;
	return addr != MAP_FAILED && munmap(addr, FT_PAGE) == 0;
}

/*
 * The page that is not faulted in becomes a VMA of its own, or was one and ceases to be. The call
 * waits for the fault in any case, at its end; what the driver tells is whether it did before.
 */
static bool do_split(struct ft_map *map, size_t page)
{
	return mprotect(map->addr + page * FT_PAGE, FT_PAGE, PROT_READ) == 0;
}

static bool do_merge(struct ft_map *map, size_t page)
{
	return mprotect(map->addr + page * FT_PAGE, FT_PAGE, PROT_READ | PROT_WRITE) == 0;
}

static bool do_split_below(struct ft_map *map)
{
	return do_split(map, 0);
}

static bool do_split_above(struct ft_map *map)
{
	return do_split(map, 1);
}

static bool do_merge_below(struct ft_map *map)
{
	return do_merge(map, 0);
}

static bool do_merge_above(struct ft_map *map)
{
	return do_merge(map, 1);
}

/* What is done to the other page, and which one is faulted in. */
static const struct neighbour {
	struct ft_change change;
	size_t page;
	bool is_split; /* before, and then joined */
} neighbours[] = {
	{{"split-below", do_split_below}, 1, false},
	{{"split-above", do_split_above}, 0, false},
	{{"merge-below", do_merge_below}, 1, true},
	{{"merge-above", do_merge_above}, 0, true},
};
#define NEIGHBOURS (sizeof(neighbours) / sizeof(*neighbours))

static const struct ft_change elsewhere = {"mmap-elsewhere", do_elsewhere};
static const struct ft_change killed = {"kill", NULL};

static char *accessed_page(const struct scene *scene)
{
	return scene->map.addr + scene->shape->page * FT_PAGE;
}

static void *access_page(void *arg)
{
	struct scene *scene = arg;
	char *at = accessed_page(scene);
	struct ft_trap trap;

	trap = kinds[scene->shape->kind].stores ? ft_trap_store(at, 1) : ft_trap_load(at, NULL);
	atomic_store(&scene->meeting->trapped, trap.signum);
	atomic_store(&scene->meeting->accessed, true);
	return NULL;
}

/* The process of the two threads. Its main thread touches nothing new from "start" to "done". */
static void __attribute__((noreturn)) act(struct scene *scene)
{
	pthread_t thread;
	bool held;

	/* A case that fails must not leave it behind in the driver. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (kinds[scene->shape->kind].reads_first && *(volatile char *)accessed_page(scene) != 0)
		_exit(2);
	ft_probe_order(scene->map.fd, kinds[scene->shape->kind].held_in, FL_PROBE_HOLD, 1);
	if (pthread_create(&thread, NULL, access_page, scene) != 0)
		_exit(3);
	while (!atomic_load(&scene->meeting->start))
		sched_yield();
	held = !scene->shape->change->run || scene->shape->change->run(&scene->map);
	atomic_store(&scene->meeting->done, true);
	pthread_join(thread, NULL);
	_exit(held ? 0 : 4);
}

static char state_of(pid_t pid)
{
	char path[32], text[256], *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		ft_fail_errno(path);
	at = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
	fclose(file);
	if (!at || at[1] != ' ')
		ft_fail("%s has not its three first fields", path);
	return at[2];
}

/* It sleeps where no signal reaches it: in down_write. */
static void expect_waiting(pid_t pid, const struct scene *scene)
{
	struct ft_limit limit = ft_limit_new(LIMIT_MS);

	while (state_of(pid) != 'D') {
		if (atomic_load(&scene->meeting->done))
			ft_fail("%s went through while a fault of the same VMA was in the driver",
				scene->shape->change->name);
		if (ft_limit_is_over(&limit))
			ft_fail("%s neither waits for the fault nor goes through",
				scene->shape->change->name);
		sched_yield();
	}
	if (!ft_probe_counts(scene->map.fd).held || atomic_load(&scene->meeting->done))
		ft_fail("%s went through while a fault of the same VMA was in the driver",
			scene->shape->change->name);
}

static void expect_passing(const struct scene *scene)
{
	struct ft_limit limit = ft_limit_new(LIMIT_MS);

	while (!atomic_load(&scene->meeting->done)) {
		if (ft_limit_is_over(&limit))
			ft_fail("mmap and munmap of something else wait for a shared store that "
				"is in a driver with ->map_pages");
		sched_yield();
	}
	if (!ft_probe_counts(scene->map.fd).held)
		ft_fail("the driver did not hold the fault until it was told to go on");
}

static void expect_end(pid_t pid, const char *after, int expected)
{
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	int status;

	if (end.fd < 0)
		ft_fail_errno("pidfd_open");
	if (!ft_limit_poll(&end, 1, LIMIT_MS))
		ft_fail("the process did not end within %d ms after %s", ft_scaled_ms(LIMIT_MS),
			after);
	close(end.fd);
	if (waitpid(pid, &status, 0) != pid || status != expected)
		ft_fail("the process ended with wait status 0x%x after %s", (unsigned)status,
			after);
}

static void verify(const struct scene *scene)
{
	bool stores = kinds[scene->shape->kind].stores && !kinds[scene->shape->kind].is_private;
	char bytes[FT_PAGE];

	ft_map_pread(&scene->map, scene->shape->page, bytes);
	/* What replaced the mapping may have taken the access instead. */
	if (strcmp(scene->shape->change->name, "replace") != 0 &&
	    !atomic_load(&scene->meeting->trapped) && bytes[0] != stores)
		ft_fail("the page of the driver holds %d, and not %d", bytes[0], stores);
	if (!atomic_load(&scene->meeting->accessed))
		ft_fail("the held access did not come to its end");
}

static void play(struct scene *scene, pid_t pid)
{
	const struct ft_change *change = scene->shape->change;

	ft_probe_await_held(scene->map.fd);
	if (change == &killed) {
		kill(pid, SIGKILL);
		expect_end(pid, "SIGKILL during a fault", SIGKILL);
		return;
	}
	atomic_store(&scene->meeting->start, true);
	if (change == &elsewhere)
		expect_passing(scene);
	else
		expect_waiting(pid, scene);
	ft_probe_release(scene->map.fd);
	expect_end(pid, "the fault was let go on", 0);
	verify(scene);
}

/* Two pages apart from all else, and room behind them for the one that moves. */
static void map_alone(struct scene *scene)
{
	struct ft_map *map = &scene->map;

	map->kind = scene->shape->device;
	map->bytes = 2 * FT_PAGE;
	map->fd = ft_probe_open(map->kind == FT_PROBE_MP);
	ft_change_map(map, kinds[scene->shape->kind].is_private ? MAP_PRIVATE : MAP_SHARED);
}

/* Two VMAs, that could be one but for the rights of the page that is not faulted in. */
static void split(struct scene *scene)
{
	if (!do_split(&scene->map, 1 - scene->shape->page))
		ft_fail_errno("mprotect");
}

static void hold(const void *arg)
{
	struct scene scene = {.shape = arg};
	pid_t pid;

	scene.meeting = mmap(NULL, FT_PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (scene.meeting == MAP_FAILED)
		ft_fail_errno("mmap");
	map_alone(&scene);
	if (scene.shape->is_split)
		split(&scene);
	ft_trap_prepare();
	pid = fork();
	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0)
		act(&scene);
	play(&scene, pid);
	ft_probe_expect_promises(scene.map.fd);
	ft_map_unmap(&scene.map);
	ft_probe_expect_mapped(scene.map.fd, 0, scene.shape->change->name);
}

static void run_shape(const struct shape *shape)
{
	ft_case(hold, shape, "%s-%s-%s", ft_kind_name(shape->device), kinds[shape->kind].name,
		shape->change->name);
}

static void run_case(enum ft_kind device, enum kind kind, const struct ft_change *change)
{
	run_shape(&(struct shape){.device = device, .kind = kind, .change = change});
}

static void run_neighbour(enum ft_kind device, enum kind kind, const struct neighbour *neighbour)
{
	run_shape(&(struct shape){.device = device,
				  .kind = kind,
				  .change = &neighbour->change,
				  .page = neighbour->page,
				  .is_split = neighbour->is_split});
}

static void run_kind(enum ft_kind device, enum kind kind)
{
	for (size_t c = 0; c < FT_CHANGES; c++)
		run_case(device, kind, &ft_changes[c]);
	for (size_t n = 0; n < NEIGHBOURS; n++)
		run_neighbour(device, kind, &neighbours[n]);
	run_case(device, kind, &killed);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind devices[] = {FT_PROBE_MP, FT_PROBE_NOMP};

	(void)test;
	ft_probe_need();
	ft_plan(2 + 2 * KINDS * (FT_CHANGES + (unsigned)NEIGHBOURS + 1));
	run_case(FT_PROBE_MP, SHARED_STORE, &elsewhere);
	run_case(FT_PROBE_MP, SHARED_STORE_MKWRITE, &elsewhere);
	for (size_t d = 0; d < 2; d++)
		for (size_t k = 0; k < KINDS; k++)
			run_kind(devices[d], (enum kind)k);
}

const struct ft_test held_fault = {
	.name = "held-fault",
	.summary = "a fault that is under way keeps changes of its VMA out, and lets all others "
		   "pass",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_PER_VMA_LOCK",
	.run = run,
};
