// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the second try of a fault, which holds mmap_lock while it waits for its page, can be
 * killed, and can lose its page meanwhile. The way there has no race in it:
 *
 *   the first try waits for a stopped disk with no lock held; meanwhile a driver holds another fault
 *   of the process, and mprotect of that mapping waits for it, with mmap_lock held for writing;
 *   the disk goes on, and the second try waits for mmap_lock; its page is taken out of the page
 *   cache, the disk stops again, and somebody else begins to read the page;
 *   the driver lets go: mprotect ends, and the second try waits for the page that is being read.
 *
 * Then the process is killed, or the disk goes on: the load must show what is on the disk, and
 * mmap_lock must be free.
 *
 * A kernel that believes a second try never waits leaves mmap_lock held, and the process stays.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_dm.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_sleepers.h"
#include "table.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 4
#define FILL  0x5a

struct shape {
	int flags;
	bool is_killed;
};

struct job {
	const struct shape *shape;
	int fd;
	char *addr;	      /* of the file on the disk */
	struct ft_map driver; /* whose fault is held */
	pid_t pid, reader;
};

static char byte_of(size_t page)
{
	(void)page;
	return FILL;
}

static void *be_held(void *arg)
{
	const struct job *job = arg;

	*(volatile char *)job->driver.addr = 1;
	return NULL;
}

static void *protect(void *arg)
{
	const struct job *job = arg;

	mprotect(job->driver.addr, job->driver.bytes, PROT_READ);
	return NULL;
}

static void start(pthread_t *thread, void *(*fn)(void *arg), const struct job *job)
{
	if (pthread_create(thread, NULL, fn, (void *)job) != 0)
		_exit(3);
}

/* In the process of the fault: its first thread loads, and two others are in its way. */
static void __attribute__((noreturn)) load_beside_others(const struct job *job)
{
	pthread_t held, protector;
	char found;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	start(&held, be_held, job);
	ft_probe_await_held(job->driver.fd);
	start(&protector, protect, job);
	found = *(volatile char *)job->addr;
	pthread_join(held, NULL);
	pthread_join(protector, NULL);
	_exit(found == FILL ? 0 : 4);
}

static void __attribute__((noreturn)) read_page(const struct job *job)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(pread(job->fd, &byte, 1, 0) == 1 && byte == FILL ? 0 : 5);
}

static pid_t fork_to(void (*fn)(const struct job *job), const struct job *job)
{
	pid_t pid = fork();

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0)
		fn(job);
	return pid;
}

/* The threads that sleep where a driver or a disk keeps them, and those that wait for mmap_lock. */
static void set_the_scene(struct job *job)
{
	ft_dm_stop();
	ft_probe_order(job->driver.fd, FL_PROBE_FAULT, FL_PROBE_HOLD, 1);
	job->pid = fork_to(load_beside_others, job);
	ft_probe_await_held(job->driver.fd);
	ft_sleepers_await(job->pid, 3, "the driver and the disk");
	ft_dm_go_on();
	/* The page can go as soon as the first try has let go of it. */
	ft_cache_evict(job->fd, PAGES * FT_PAGE);
	ft_dm_stop();
	job->reader = fork_to(read_page, job);
	ft_sleepers_await(job->reader, 1, "the disk");
	ft_probe_release(job->driver.fd);
	ft_sleepers_await_fewer(job->pid, 1, "the disk");
	ft_sleepers_await(job->pid, 1, "the disk");
}

static void expect_end(pid_t pid, const char *who)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		ft_fail_errno("waitpid");
	if (status)
		ft_fail("%s ended with wait status 0x%x", who, (unsigned)status);
}

static void wait_for_both(void *arg)
{
	const struct job *job = arg;

	if (!job->shape->is_killed)
		expect_end(job->pid, "the process that loaded the page");
	expect_end(job->reader, "the process that read the page");
}

static void try_twice(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape, .fd = ft_cache_file(FT_DM_AT, PAGES, byte_of)};

	ft_cache_evict(job.fd, PAGES * FT_PAGE);
	job.driver = ft_map_new(FT_PROBE_MP, 1);
	job.addr = mmap(NULL, PAGES * FT_PAGE, PROT_READ, shape->flags, job.fd, 0);
	if (job.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	set_the_scene(&job);
	if (shape->is_killed)
		ft_sleepers_kill(job.pid, "the disk");
	ft_dm_go_on();
	ft_bounded(wait_for_both, &job, "the end of those who waited for the disk");
	munmap(job.addr, PAGES * FT_PAGE);
	ft_map_free(&job.driver);
	ft_cache_evict(job.fd, PAGES * FT_PAGE);
	close(job.fd);
}

static void run(const struct ft_test *test)
{
	static const struct {
		const char *name;
		struct shape shape;
	} shapes[] = {{"shared-killed", {MAP_SHARED, true}},
		      {"shared", {MAP_SHARED, false}},
		      {"private-killed", {MAP_PRIVATE, true}},
		      {"private", {MAP_PRIVATE, false}}};
	const size_t n = sizeof(shapes) / sizeof(*shapes);

	(void)test;
	ft_probe_need();
	ft_dm_mount("ext4");
	ft_plan((unsigned)n);
	for (size_t i = 0; i < n; i++) {
		ft_case(try_twice, &shapes[i].shape, "%s", shapes[i].name);
		/* A case that failed in between left the disk stopped. */
		ft_dm_go_on();
	}
	ft_dm_release();
}

const struct ft_test second_try = {
	.name = "second-try",
	.summary = "the second try of a fault waits for its page, and can be killed while it does",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4",
	.modules = "fl_probe",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_BLK_DEV_DM CONFIG_PER_VMA_LOCK",
	.run = run,
};
