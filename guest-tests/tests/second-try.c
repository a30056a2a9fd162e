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
 * mmap_lock and the file must be free. Or somebody punches a hole where the page is, or truncates
 * the file, and waits for the page, too: the second try comes after him, and must not take the page
 * that is gone.
 *
 * A kernel that believes a second try never waits leaves mmap_lock held, and the process stays; one
 * that does not look again at the page and the size shows what is no longer there.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_dm.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_sleepers.h"
#include "table.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 4
#define FILL  0x5a

struct job;

struct shape {
	int flags;
	bool is_killed;
	void (*remover)(const struct job *job); /* of the page, while it is being read; or NULL */
	int status; /* the wait status of who loads: his byte, or SIGBUS */
};

/* What the process of the fault and the case tell each other, in a page that both share. */
struct signals {
	atomic_bool is_about_to_load, may_be_held;
};

struct job {
	const struct shape *shape;
	int fd;
	char *addr;	      /* of the file on the disk */
	struct ft_map driver; /* whose fault is held */
	struct signals *signals;
	pid_t pid, reader, remover; /* of the fault, and of those in its way */
};

static char byte_of(size_t page)
{
	(void)page;
	return FILL;
}

static void await(atomic_bool *signal)
{
	while (!*signal)
		sched_yield();
}

/* A load: mprotect may come before the thread tries again, and forbids only stores. */
static void *be_held(void *arg)
{
	const struct job *job = arg;

	await(&job->signals->may_be_held);
	(void)*(volatile char *)job->driver.addr;
	return NULL;
}

static void *protect(void *arg)
{
	const struct job *job = arg;

	ft_probe_await_held(job->driver.fd);
	mprotect(job->driver.addr, job->driver.bytes, PROT_READ);
	return NULL;
}

static void start(pthread_t *thread, void *(*fn)(void *arg), const struct job *job)
{
	if (pthread_create(thread, NULL, fn, (void *)job) != 0)
		_exit(3);
}

/*
 * In the process of the fault: its first thread loads, and two others come in its way when it
 * sleeps. They are there before: where a fault is held with mmap_lock, no thread can start.
 */
static void __attribute__((noreturn)) load_beside_others(const struct job *job)
{
	pthread_t held, protector;
	char found;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	start(&protector, protect, job);
	start(&held, be_held, job);
	job->signals->is_about_to_load = true;
	found = *(volatile char *)job->addr;
	pthread_join(held, NULL);
	pthread_join(protector, NULL);
	_exit(found);
}

/* Where the page goes at the same time, what is read is what was there, or nothing, or a zero. */
static void __attribute__((noreturn)) read_page(const struct job *job)
{
	ssize_t read;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	read = pread(job->fd, &byte, 1, 0);
	_exit(job->shape->remover ? read < 0 : read != 1 || byte != FILL);
}

static void __attribute__((noreturn)) punch_page(const struct job *job)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fallocate(job->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, FT_PAGE) < 0);
}

static void __attribute__((noreturn)) truncate_file(const struct job *job)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(ftruncate(job->fd, 0) < 0);
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
	await(&job->signals->is_about_to_load);
	ft_sleepers_await(job->pid, 1, "the disk");
	job->signals->may_be_held = true;
	ft_probe_await_held(job->driver.fd);
	ft_sleepers_await(job->pid, 3, "the driver and the disk");
	ft_dm_go_on();
	ft_cache_await(job->fd, FT_PAGE);
	/* It can go as soon as the first try has let go of it. */
	ft_cache_evict(job->fd, FT_PAGE);
	ft_dm_stop();
	job->reader = fork_to(read_page, job);
	ft_sleepers_await(job->reader, 1, "the disk");
	if (job->shape->remover) {
		job->remover = fork_to(job->shape->remover, job);
		ft_sleepers_await(job->remover, 1, "the page");
	}
	ft_probe_release(job->driver.fd);
	ft_sleepers_await_alone(job->pid, "its page");
}

static int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		ft_fail_errno("waitpid");
	return status;
}

static void expect_success(pid_t pid, const char *who)
{
	int status = status_of(pid);

	if (status)
		ft_fail("the process that %s ended with wait status 0x%x", who, (unsigned)status);
}

static void expect_load(const struct job *job)
{
	int status = status_of(job->pid);

	if (status != job->shape->status)
		ft_fail("the second try ended with wait status 0x%x, expected 0x%x "
			"(a byte that was loaded, then 00; or a signal)",
			(unsigned)status, (unsigned)job->shape->status);
}

static void wait_for_all(void *arg)
{
	const struct job *job = arg;

	if (job->remover)
		expect_success(job->remover, "removed the page");
	if (!job->shape->is_killed)
		expect_load(job);
	expect_success(job->reader, "read the page");
}

/* What a fault left locked of the file stops whoever changes it next. */
static void cut_file(void *arg)
{
	const struct job *job = arg;

	if (ftruncate(job->fd, 0) < 0)
		ft_fail_errno("ftruncate");
}

static void try_twice(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape, .fd = ft_cache_file(FT_DM_AT, PAGES, byte_of)};

	job.signals = mmap(NULL, sizeof(*job.signals), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job.signals == MAP_FAILED)
		ft_fail_errno("mmap");
	ft_cache_evict(job.fd, PAGES * FT_PAGE);
	job.driver = ft_map_new(FT_PROBE_MP, 1);
	job.addr = mmap(NULL, PAGES * FT_PAGE, PROT_READ, shape->flags, job.fd, 0);
	if (job.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	set_the_scene(&job);
	if (shape->is_killed)
		ft_sleepers_kill(job.pid, "the disk");
	ft_dm_go_on();
	ft_bounded(wait_for_all, &job, "the end of those who waited for the disk");
	munmap(job.signals, sizeof(*job.signals));
	munmap(job.addr, PAGES * FT_PAGE);
	ft_map_free(&job.driver);
	ft_cache_evict(job.fd, PAGES * FT_PAGE);
	ft_bounded(cut_file, &job, "truncation of the file afterwards");
	close(job.fd);
}

static void run(const struct ft_test *test)
{
	static const struct {
		const char *name;
		struct shape shape;
	} shapes[] = {{"shared-killed", {MAP_SHARED, true, NULL, 0}},
		      {"shared", {MAP_SHARED, false, NULL, FILL << 8}},
		      {"shared-punched", {MAP_SHARED, false, punch_page, 0}},
		      {"shared-truncated", {MAP_SHARED, false, truncate_file, SIGBUS}},
		      {"private-killed", {MAP_PRIVATE, true, NULL, 0}},
		      {"private", {MAP_PRIVATE, false, NULL, FILL << 8}},
		      {"private-punched", {MAP_PRIVATE, false, punch_page, 0}},
		      {"private-truncated", {MAP_PRIVATE, false, truncate_file, SIGBUS}}};
	const size_t n = sizeof(shapes) / sizeof(*shapes);

	(void)test;
	ft_probe_need();
	/* No commit begins by itself: it would meet the stopped disk, and hold up the remover. */
	ft_dm_mount("ext4", "commit=1000");
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
	.summary = "the second try of a fault waits for its page, and can be killed or lose it "
		   "meanwhile",
	.timeout_ms = 40000, /* each case may wait 5 s in vain */
	.memory_mib = 128,
	.disks = "ext4",
	.modules = "fl_probe",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_BLK_DEV_DM CONFIG_PER_VMA_LOCK",
	.run = run,
};
