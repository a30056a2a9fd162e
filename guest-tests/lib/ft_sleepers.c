// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks into /proc until threads sleep, or do no longer.
 */
#include "ft_sleepers.h"
#include "ft.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 5000 /* a thousand times what it takes; scaled */
#define STEP_MS	 2

static bool sleeps(pid_t pid, int tid)
{
	char path[64], line[256], state = 0;
	const char *after;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file) && (after = strrchr(line, ')')) && after[1] == ' ')
		state = after[2];
	fclose(file);
	return state == 'D';
}

struct count {
	unsigned threads, sleepers;
};

static struct count count(pid_t pid)
{
	struct count found = {0};
	char path[32];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (*entry->d_name == '.')
			continue;
		found.threads++;
		found.sleepers += sleeps(pid, atoi(entry->d_name));
	}
	if (tasks)
		closedir(tasks);
	return found;
}

static void await(pid_t pid, unsigned sleepers, unsigned threads_max, const char *what)
{
	struct ft_limit limit = ft_limit_new(LIMIT_MS);
	struct count found;
	int status;

	while (found = count(pid), found.sleepers < sleepers || found.threads > threads_max) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			ft_fail("a process that must wait for %s ended before it, with wait status "
				"0x%x",
				what, (unsigned)status);
		if (ft_limit_is_over(&limit))
			ft_fail("%u of %u threads wait for %s", found.sleepers, found.threads,
				what);
		poll(NULL, 0, STEP_MS);
	}
}

void ft_sleepers_await(pid_t pid, unsigned wanted, const char *what)
{
	await(pid, wanted, UINT32_MAX, what);
}

void ft_sleepers_await_alone(pid_t pid, const char *what)
{
	await(pid, 1, 1, what);
}

void ft_sleepers_kill(pid_t pid, const char *what)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status;
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

	if (kill(pid, SIGKILL) < 0)
		ft_fail_errno("kill");
	if (poll(&poll_fd, 1, ft_scaled_ms(LIMIT_MS)) != 1)
		ft_fail("a process that waits for %s in a fault did not die of SIGKILL within %d "
			"ms",
			what, ft_scaled_ms(LIMIT_MS));
	close(pidfd);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		ft_fail("the process that was killed ended with wait status 0x%x",
			(unsigned)status);
}
