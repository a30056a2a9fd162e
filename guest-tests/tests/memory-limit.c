// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a process which stores to more pages of a shared mapping than its memory cgroup may
 * have is killed, it and nobody else: on tmpfs, memfd and MAP_SHARED|MAP_ANONYMOUS, and with
 * private copies, from one thread and from as many as vCPUs. A process of the same cgroup that is
 * exempt lives on, and so does one outside that uses the same pages; the cgroup counts one kill
 * and can be removed. Loads of a file on ext4 that is greater than the limit end well, since its
 * pages can be taken again.
 *
 * A kernel that loses the error of a charge hangs or maps a page that it does not have; one that
 * takes it for a lack of memory of the whole system kills anybody. The kernel's report is excused
 * only for cgroups named as these (configs/splats/kernel.rules).
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_group.h"
#include "ft_map.h"
#include "ft_procfs.h"
#include "ft_team.h"
#include "table.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUP	  FT_GROUP_AT "/ft-limit"
#define LIMIT	  "8388608"
#define PAGES	  4096	/* twice the limit */
#define NEIGHBOUR 64	/* pages that the process outside uses */
#define DEATH_MS  10000 /* from the first store to the end; scaled */

struct shape {
	enum ft_kind kind;
	bool private;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	struct ft_map map;
};

/* A process that does nothing until it gets a byte. */
struct waiter {
	pid_t pid;
	int fd;
};

static void store_share(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = index; page < PAGES; page += job->shape->threads)
		((volatile char *)job->map.addr)[page * FT_PAGE] = 1;
}

static void load_share(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t page = index; page < PAGES; page += job->shape->threads)
		if (((volatile char *)job->map.addr)[page * FT_PAGE])
			ft_fail("page %zu of a file of zeros is not zero", page);
}

static void make_group(void)
{
	ft_group_make(GROUP);
	ft_procfs_write(GROUP "/memory.max", LIMIT);
	ft_procfs_write(GROUP "/memory.swap.max", "0");
}

static pid_t fork_or_fail(void)
{
	pid_t pid = fork();

	if (pid < 0)
		ft_fail_errno("fork");
	return pid;
}

static void use_neighbours(const struct job *job)
{
	for (size_t page = 0; page < NEIGHBOUR; page++)
		((volatile char *)job->map.addr)[page * FT_PAGE + 1]++;
}

/* exempt: in the cgroup, and not to be chosen. Otherwise outside, with pages of the mapping. */
static struct waiter start_waiter(const struct job *job, bool exempt)
{
	struct waiter waiter;
	int ready[2], leave[2];
	char byte;

	if (pipe(ready) < 0 || pipe(leave) < 0)
		ft_fail_errno("pipe");
	waiter.pid = fork_or_fail();
	waiter.fd = leave[1];
	if (waiter.pid == 0) {
		if (exempt) {
			ft_procfs_write("/proc/self/oom_score_adj", "-1000");
			ft_group_join(GROUP);
		} else
			use_neighbours(job);
		if (write(ready[1], "", 1) != 1 || read(leave[0], &byte, 1) != 1)
			_exit(1);
		if (!exempt)
			use_neighbours(job);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		ft_fail("a process beside the one to be killed did not start");
	close(ready[0]);
	close(ready[1]);
	close(leave[0]);
	return waiter;
}

static void end_waiter(const struct waiter *waiter, const char *who)
{
	int status;

	if (waitpid(waiter->pid, &status, WNOHANG) != 0)
		ft_fail("%s did not live on when another one was killed for want of memory", who);
	if (write(waiter->fd, "", 1) != 1)
		ft_fail_errno("write to a pipe");
	close(waiter->fd);
	if (waitpid(waiter->pid, &status, 0) != waiter->pid || status != 0)
		ft_fail("%s ended with wait status 0x%x", who, (unsigned)status);
}

static void expect_kill(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status;
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

	if (!ft_limit_poll(&poll_fd, 1, DEATH_MS))
		ft_fail("a process above the limit of its memory cgroup did not end within %d ms",
			ft_scaled_ms(DEATH_MS));
	close(pidfd);
	if (waitpid(pid, &status, 0) != pid)
		ft_fail_errno("waitpid");
	if (WIFEXITED(status))
		ft_fail("%u pages were stored to in a memory cgroup that may have 2048", PAGES);
	if (WTERMSIG(status) != SIGKILL)
		ft_fail("a process above the limit of its memory cgroup ended by signal %d",
			WTERMSIG(status));
}

static void expect_counted(uint64_t kills)
{
	uint64_t counted = ft_procfs_number(GROUP "/memory.events", "oom_kill");

	if (counted != kills)
		ft_fail("the memory cgroup counted %llu kills, and not %llu",
			(unsigned long long)counted, (unsigned long long)kills);
}

static void exceed(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape};
	struct waiter exempt, outside;
	pid_t pid;

	make_group();
	job.map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
			      shape->private ? MAP_PRIVATE : MAP_SHARED);
	exempt = start_waiter(&job, true);
	outside = start_waiter(&job, false);
	pid = fork_or_fail();
	if (pid == 0) {
		ft_group_join(GROUP);
		ft_team_run(shape->threads, store_share, &job);
		_exit(0);
	}
	expect_kill(pid);
	end_waiter(&exempt, "the exempt process of the memory cgroup");
	end_waiter(&outside, "a process outside of the memory cgroup");
	expect_counted(1);
	ft_metric_add("kills", 1);
	ft_map_free(&job.map);
	ft_group_remove(GROUP);
}

static void load_in_group(void *arg)
{
	struct job *job = arg;

	ft_group_join(GROUP);
	ft_team_run(job->shape->threads, load_share, job);
}

static void reclaim(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape, .map = ft_map_new(shape->kind, PAGES)};

	make_group();
	ft_cache_evict(job.map.fd, job.map.bytes);
	ft_bounded_child(load_in_group, &job, "loads of a file greater than the limit");
	expect_counted(0);
	ft_map_free(&job.map);
	ft_group_remove(GROUP);
}

static void run(const struct ft_test *test)
{
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;
	const struct shape shapes[] = {{FT_TMPFS, false, 1},	{FT_TMPFS, true, many},
				       {FT_MEMFD, false, many}, {FT_ANON, false, 1},
				       {FT_ANON, false, many},	{FT_EXT4, false, many}};
	static const char *const names[] = {"tmpfs", "tmpfs-private", "memfd",
					    "anon",  "anon-threads",  "ext4-load"};

	(void)test;
	ft_disk_mount("ext4");
	ft_group_mount();
	ft_plan(6);
	for (size_t i = 0; i < 6; i++)
		ft_case(shapes[i].kind == FT_EXT4 ? reclaim : exceed, &shapes[i], "%s", names[i]);
	/* A case that failed may have left it. */
	rmdir(GROUP);
	ft_group_unmount();
	ft_disk_release("ext4");
}

const struct ft_test memory_limit = {
	.name = "memory-limit",
	.summary = "stores beyond the limit of a memory cgroup kill the one who made them, alone",
	.timeout_ms = 40000,
	.memory_mib = 256,
	.disks = "ext4",
	.config = "CONFIG_MEMCG CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
