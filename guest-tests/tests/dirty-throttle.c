// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a thread that is made to pause in a fault, because too many pages are dirty, pauses
 * without a lock: meanwhile another thread of the process changes the VMA (mprotect, munmap, mremap,
 * madvise, mlock, fork ...), and must not wait. The disk stands still (device mapper), so that the
 * pause has no end until the test lets the disk go on. There are more dirty pages by then than the
 * kernel's per-CPU counters may be wrong by: else it would let the thread go after one pause. Then
 * few are allowed (vm.dirty_bytes, strict_limit of the device). At the end all that was stored is
 * compared.
 *
 * A kernel that balances dirty pages before it drops the lock stops the whole process for as long
 * as the disk is busy; one that never balances lets the thread run on.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_change.h"
#include "ft_dm.h"
#include "ft_procfs.h"
#include "ft_trap.h"
#include "table.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HALF_OF_CPU 64 /* pages: twice what the counter of one of 8 CPUs hides (WB_STAT_BATCH) */
#define FILL	    0x5a
#define NAME	    FT_DM_AT "/dirty-throttle"
#define LIMIT_MS    5000 /* scaled */
#define DIRTY_SLACK 16	 /* what the CPUs' counters may hide */
#define PAUSES	    2	 /* of one and the same fault, before it counts as stopped */

struct shape {
	bool reads_first;
	const struct ft_change *change;
};

struct job {
	const struct shape *shape;
	struct ft_map map;
	atomic_int tid;
	atomic_size_t stored; /* pages, from the first on */
	unsigned half; /* of the file's pages: the second is dirty before the thread begins */
	bool changed;
	atomic_bool is_over;
};

static char zero(size_t page)
{
	(void)page;
	return 0;
}

/* A file without one is taken apart when a case that fails ends, and that waits for the disk. */
static void give_name(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, AT_FDCWD, NAME, AT_SYMLINK_FOLLOW) < 0)
		ft_fail_errno("linkat");
}

static void map_file(struct job *job)
{
	struct ft_map *map = &job->map;

	map->kind = FT_EXT4;
	map->bytes = (size_t)2 * job->half * FT_PAGE;
	map->fd = ft_cache_file(FT_DM_AT, map->bytes / FT_PAGE, zero);
	give_name(map->fd);
	ft_change_map(map, MAP_SHARED);
	for (size_t page = 0; job->shape->reads_first && page < 2 * job->half; page++)
		if (((volatile char *)map->addr)[page * FT_PAGE])
			ft_fail("page %zu of a file of zeros is not zero", page);
}

static void write_strict_limit(const char *text)
{
	struct stat stat_buf;
	char path[64];

	if (stat(FT_DM_AT, &stat_buf) < 0)
		ft_fail_errno(FT_DM_AT);
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/strict_limit", major(stat_buf.st_dev),
		 minor(stat_buf.st_dev));
	ft_procfs_write(path, text);
}

/* What nobody writes back, and nobody is made to pause for yet. */
static void dirty_second_half(const struct job *job)
{
	for (size_t page = job->half; page < 2 * job->half; page++)
		job->map.addr[page * FT_PAGE] = FILL;
}

/* 16 pages, and half of that before writeback begins. */
static void allow_few_dirty_pages(void)
{
	write_strict_limit("1");
	ft_procfs_write("/proc/sys/vm/dirty_background_bytes", "32768");
	ft_procfs_write("/proc/sys/vm/dirty_bytes", "65536");
}

/* A ratio takes the place of the bytes; these are the kernel's own. */
static void allow_many_dirty_pages(void)
{
	ft_procfs_write("/proc/sys/vm/dirty_background_ratio", "10");
	ft_procfs_write("/proc/sys/vm/dirty_ratio", "20");
	write_strict_limit("0");
}

/* Until the mapping is no more what it was. */
static void *store(void *arg)
{
	struct job *job = arg;

	atomic_store(&job->tid, (int)syscall(SYS_gettid));
	for (size_t page = 0; page < job->half; page++) {
		struct ft_trap trap = ft_trap_store(job->map.addr + page * FT_PAGE, FILL);

		if (trap.signum)
			break;
		atomic_store(&job->stored, page + 1);
	}
	/* Who looks at what this thread does still finds it. */
	while (!atomic_load(&job->is_over))
		sched_yield();
	return NULL;
}

static bool pauses(int tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stack", tid);
	return ft_procfs_holds(path, "balance_dirty_pages");
}

static uint64_t sleeps_so_far(int tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	return ft_procfs_number(path, "voluntary_ctxt_switches:");
}

/* It pauses, and pauses again, and still has not stored the page. */
static void await_standstill(const struct job *job)
{
	struct ft_limit limit = ft_limit_new(LIMIT_MS);
	uint64_t sleeps = 0;
	size_t stored = 0;
	int tid;

	while (!(tid = atomic_load(&job->tid)))
		sched_yield();
	while (!pauses(tid) || sleeps_so_far(tid) < sleeps + PAUSES) {
		size_t now = atomic_load(&job->stored);

		if (now == job->half)
			ft_fail("a thread dirtied %u pages of a disk that stands still, where 16 "
				"are allowed, and was not made to pause",
				job->half);
		if (ft_limit_is_over(&limit))
			ft_fail("a thread that stores to pages of a disk that stands still does "
				"not pause for dirty pages, and does not go on (page %zu)",
				now);
		if (now != stored || !sleeps)
			sleeps = sleeps_so_far(tid);
		stored = now;
		sched_yield();
	}
}

/*
 * Until the writer has sent the dirty pages to the disk. Meanwhile it takes the page tables' locks for
 * each of them, and where every CPU waits for the host that keeps others out for seconds.
 */
static void await_writer(void)
{
	struct ft_limit limit = ft_limit_new(LIMIT_MS);

	while (ft_procfs_vmstat("nr_dirty") > DIRTY_SLACK && !ft_limit_is_over(&limit))
		poll(NULL, 0, 1);
}

static void change(void *arg)
{
	struct job *job = arg;

	job->changed = job->shape->change->run(&job->map);
}

static void verify(const struct job *job)
{
	size_t stored = atomic_load(&job->stored);
	char bytes[FT_PAGE];

	for (size_t page = 0; page < 2 * job->half; page++) {
		ft_map_pread(&job->map, page, bytes);
		/* The one in between may have been stored and not counted. */
		if (page != stored && bytes[0] != (page < stored || page >= job->half ? FILL : 0))
			ft_fail("page %zu holds %d after %zu pages were stored to", page, bytes[0],
				stored);
	}
}

static void change_beside_pause(const void *arg)
{
	static struct job job;
	char what[64];
	pthread_t thread;

	job.shape = arg;
	job.half = HALF_OF_CPU * ft_cpus();
	snprintf(what, sizeof(what), "%s beside a fault that pauses for dirty pages",
		 job.shape->change->name);
	ft_trap_prepare();
	map_file(&job);
	ft_dm_stop();
	dirty_second_half(&job);
	allow_few_dirty_pages();
	if (pthread_create(&thread, NULL, store, &job) != 0)
		ft_fail("a thread could not be made");
	await_standstill(&job);
	await_writer();
	ft_metric_max("dirty_pages", atomic_load(&job.stored));
	ft_bounded(change, &job, what);
	if (!job.changed)
		ft_fail("%s failed", what);
	allow_many_dirty_pages();
	ft_dm_go_on();
	atomic_store(&job.is_over, true);
	pthread_join(thread, NULL);
	ft_change_leave(&job.map);
	if (fsync(job.map.fd) < 0)
		ft_fail_errno("fsync");
	ft_cache_evict(job.map.fd, job.map.bytes);
	verify(&job);
	ft_map_free(&job.map);
}

static void run_case(bool reads_first, const struct ft_change *change)
{
	struct shape shape = {.reads_first = reads_first, .change = change};

	ft_case(change_beside_pause, &shape, "%s-%s", reads_first ? "read-then-store" : "store",
		change->name);
	/* What a case that failed in between left behind. */
	allow_many_dirty_pages();
	ft_dm_go_on();
	unlink(NAME);
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_dm_mount("ext4-small", NULL);
	ft_plan(2 * FT_CHANGES);
	for (int reads_first = 0; reads_first < 2; reads_first++)
		for (size_t c = 0; c < FT_CHANGES; c++)
			run_case(reads_first, &ft_changes[c]);
	ft_dm_release();
}

const struct ft_test dirty_throttle = {
	.name = "dirty-throttle",
	.summary = "a fault that pauses because too much is dirty keeps no change of its VMA out",
	.timeout_ms = 30000,
	.memory_mib = 128,
	.disks = "ext4-small",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_BLK_DEV_DM CONFIG_STACKTRACE",
	.run = run,
};
