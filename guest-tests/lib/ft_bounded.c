// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits with a limit: poll on a pipe that the thread writes to, or on the pidfd of the child.
 */
#include "ft_bounded.h"
#include "ft.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 5000 /* a thousand times what it takes; scaled */

struct job {
	void (*fn)(void *arg);
	void *arg;
	int done_fd;
};

static void *work(void *data)
{
	const struct job *job = data;

	job->fn(job->arg);
	if (write(job->done_fd, "", 1) != 1)
		ft_fail_errno("write to a pipe");
	return NULL;
}

static void print_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		printf("    %s", line);
	if (file)
		fclose(file);
}

/* Where each thread stands in the kernel: who waits, and who makes it wait. */
static void print_stacks(pid_t pid)
{
	char path[320];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		printf("task %s:\n", entry->d_name);
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stack", (int)pid, entry->d_name);
		print_file(path);
	}
	if (dir)
		closedir(dir);
	fflush(stdout);
}

static void wait_for(int fd, pid_t pid, const char *what)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	if (ft_limit_poll(&poll_fd, 1, LIMIT_MS))
		return;
	print_stacks(pid);
	ft_fail("%s did not finish within %d ms", what, ft_scaled_ms(LIMIT_MS));
}

void ft_bounded(void (*fn)(void *arg), void *arg, const char *what)
{
	struct job job = {.fn = fn, .arg = arg};
	pthread_t thread;
	int fds[2];

	if (pipe(fds) < 0)
		ft_fail_errno("pipe");
	job.done_fd = fds[1];
	if (pthread_create(&thread, NULL, work, &job) != 0)
		ft_fail("a thread could not be made");
	wait_for(fds[0], getpid(), what);
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
}

void ft_bounded_child(void (*fn)(void *arg), void *arg, const char *what)
{
	pid_t pid = fork();
	int pidfd, status;

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0) {
		fn(arg);
		_exit(0);
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		ft_fail_errno("pidfd_open");
	wait_for(pidfd, pid, what);
	close(pidfd);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		ft_fail("%s ended with wait status 0x%x", what, (unsigned)status);
}
