// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a process that sleeps in a fault, waiting for a disk that does not answer, can be
 * killed: cold loads, shared and private first stores, and copies by the kernel, by one thread
 * and by a crowd at the same page. The disk is a device mapper device that is stopped, so that
 * nothing ends the wait but the signal. When the disk goes on, the file is as it was.
 *
 * A kernel that waits without listening keeps the process until the disk answers; one that
 * forgets a lock or the page on the way out stops whoever comes next.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_dm.h"
#include "ft_sleepers.h"
#include "ft_team.h"
#include "table.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 16
#define FILL  0x5a

enum how { LOAD, STORE, PRIVATE_STORE, KERNEL_COPY, POPULATE, HOWS };

static const char *const how_names[HOWS] = {"load", "store", "private-store", "kernel-copy",
					    "populate"};

struct shape {
	enum how how;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	char *addr;
	int fd;
	pid_t pid;
};

static char byte_of(size_t page)
{
	(void)page;
	return FILL;
}

static int make_file(void)
{
	int fd = ft_cache_file(FT_DM_AT, PAGES, byte_of);

	ft_cache_evict(fd, PAGES * FT_PAGE);
	return fd;
}

/* Not to be survived: whatever comes back from it came back too early. */
static void fault(unsigned index, void *arg)
{
	const struct job *job = arg;
	int fds[2];

	switch (job->shape->how) {
	case LOAD:
		(void)((volatile char *)job->addr)[index];
		break;
	case STORE:
	case PRIVATE_STORE:
		((volatile char *)job->addr)[index] = 0;
		break;
	case KERNEL_COPY:
		if (pipe(fds) == 0)
			(void)!write(fds[1], job->addr, 1);
		break;
	case POPULATE:
		madvise(job->addr, PAGES * FT_PAGE, MADV_POPULATE_READ);
		break;
	case HOWS:
		break;
	}
	_exit(1);
}

static void map(struct job *job)
{
	int flags = job->shape->how == PRIVATE_STORE ? MAP_PRIVATE : MAP_SHARED;

	job->addr = mmap(NULL, PAGES * FT_PAGE, PROT_READ | PROT_WRITE, flags, job->fd, 0);
	if (job->addr == MAP_FAILED)
		ft_fail_errno("mmap");
}

static void expect_death(const struct job *job)
{
	uint64_t start = ft_now_ns();

	ft_sleepers_kill(job->pid, "the disk");
	ft_metric_max("longest_death_us", (ft_now_ns() - start) / 1000);
}

static void look_at_file(void *arg)
{
	struct job *job = arg;

	map(job);
	for (size_t i = 0; i < PAGES * FT_PAGE; i++)
		if (job->addr[i] != FILL)
			ft_fail("byte %zu of the file is not what it was before the disk stopped",
				i);
	job->addr[0] = FILL;
	munmap(job->addr, PAGES * FT_PAGE);
	if (fsync(job->fd) < 0)
		ft_fail_errno("fsync");
	ft_cache_evict(job->fd, PAGES * FT_PAGE);
}

static void kill_sleeper(const void *arg)
{
	struct job job = {.shape = arg, .fd = make_file()};

	map(&job);
	ft_dm_stop();
	job.pid = fork();
	if (job.pid < 0)
		ft_fail_errno("fork");
	if (job.pid == 0)
		ft_team_run(job.shape->threads, fault, &job);
	ft_sleepers_await(job.pid, job.shape->threads, "the disk");
	expect_death(&job);
	ft_dm_go_on();
	munmap(job.addr, PAGES * FT_PAGE);
	ft_bounded(look_at_file, &job, "reading the file after the disk went on");
	close(job.fd);
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_dm_mount("ext4", NULL);
	ft_plan(2 * HOWS);
	for (int how = 0; how < HOWS; how++)
		for (unsigned threads = 1; threads <= 4; threads += 3) {
			struct shape shape = {.how = (enum how)how, .threads = threads};

			ft_case(kill_sleeper, &shape, "%s-threads-%u", how_names[how], threads);
			/* A case that failed in between left the disk stopped, and its child. */
			ft_dm_go_on();
		}
	ft_dm_release();
}

const struct ft_test fault_killed = {
	.name = "fault-killed",
	.summary = "a process that waits in a fault for a disk that does not answer can be killed",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_BLK_DEV_DM",
	.run = run,
};
