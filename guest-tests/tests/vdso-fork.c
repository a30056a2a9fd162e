// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that programs start and end: 100 times fork, exec and wait of one that uses the vDSO. The
 * vDSO is a special mapping with ->fault and without ->map_pages, so each start takes the path
 * that must give the VMA lock back.
 *
 * A kernel that leaks it hangs at the first exit; one that forgets to retry spins in user space.
 */
#include "ft.h"
#include "ft_child.h"
#include "table.h"

#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 100

static void start_one(unsigned round)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0) {
		execl("/proc/self/exe", "ft-tests", FT_CHILD_VDSO, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		ft_fail_errno("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		ft_fail("program %u of %u that uses the vDSO ended with wait status 0x%x",
			round + 1, ROUNDS, (unsigned)status);
}

static void start_all(const void *arg)
{
	uint64_t start = ft_now_ns(), ms;

	(void)arg;
	for (unsigned round = 0; round < ROUNDS; round++)
		start_one(round);
	ms = (ft_now_ns() - start) / 1000000;
	ft_metric_add("programs", ROUNDS);
	ft_metric_max("programs_per_second", ms ? ROUNDS * 1000u / ms : 0);
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(start_all, NULL, "fork-exec-wait");
}

const struct ft_test vdso_fork = {
	.name = "vdso-fork",
	.summary = "100 programs that use the vDSO start, run and end",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.run = run,
};
