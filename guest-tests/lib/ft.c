// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame that all tests run in: the report to PID 1 over a private pipe (its form is told in
 * init/result.h), a process for each case, seeds, scales, and the program's own main().
 */
#include "ft.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ft_child.h"

#define REASON_MAX   400
#define LOOK_MS	     20	       /* how often a limit is looked at */
#define LATE_NS	     100000000 /* of a look: the most that counts */
#define END_LIMIT_MS 2000      /* from the reason of a case to the end of its process; scaled */

enum { CASE_HOLDS, CASE_FAILED = 90, CASE_SKIPPED = 91 };

static int report_fd = STDOUT_FILENO;
static int case_fd = -1; /* in a case: where its reason goes */

/* One write a line, so that lines of several processes never mix. */
static void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void report(const char *format, ...)
{
	char line[REASON_MAX + 128];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	for (int i = 0; i < len; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[len++] = '\n';
	if (write(report_fd, line, (size_t)len) != len)
		_exit(1);
}

void ft_plan(unsigned n_cases)
{
	report("plan %u", n_cases);
}

void ft_skip_all(const char *reason, ...)
{
	char text[REASON_MAX];
	va_list args;

	va_start(args, reason);
	vsnprintf(text, sizeof(text), reason, args);
	va_end(args);
	report("skip-all %s", text);
	exit(0);
}

/* The first thread that comes here decides; the others wait for the end of the process. */
static void __attribute__((noreturn)) end_case(int status, const char *format, va_list args)
{
	static atomic_flag ending = ATOMIC_FLAG_INIT;
	char text[REASON_MAX];
	int len;

	while (atomic_flag_test_and_set(&ending))
		pause();
	len = vsnprintf(text, sizeof(text), format, args);
	if (len > (int)sizeof(text) - 1)
		len = (int)sizeof(text) - 1;
	/* In place of the end: what a parent adds to its child's reason comes behind it. */
	text[len++] = '\n';
	if (write(case_fd, text, (size_t)len) != len)
		status = 1;
	_exit(status);
}

void ft_fail(const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	end_case(CASE_FAILED, reason, args);
}

void ft_skip(const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	end_case(CASE_SKIPPED, reason, args);
}

void ft_fail_errno(const char *call)
{
	ft_fail("%s: %s", call, strerror(errno));
}

static void report_case(const char *name, int status, const char *reason)
{
	if (WIFSIGNALED(status))
		report("not %s killed by signal %d (%s)", name, WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == CASE_HOLDS)
		report("ok %s", name);
	else if (WEXITSTATUS(status) == CASE_SKIPPED)
		report("skip %s %s", name, reason);
	else if (WEXITSTATUS(status) == CASE_FAILED)
		report("not %s %s", name, reason);
	else
		report("not %s ended with status %d", name, WEXITSTATUS(status));
}

static void run_case(void (*fn)(const void *arg), const void *arg, const int pipe_fds[2])
{
	close(pipe_fds[0]);
	case_fd = pipe_fds[1];
	fn(arg);
	_exit(CASE_HOLDS);
}

/*
 * Waits for the end of the case or for its reason, whichever is first: a case that has failed
 * since a thread of it is stuck in the kernel can give a reason, but cannot end.
 */
static bool wait_for_case(pid_t pid, int fd, char reason[REASON_MAX], int *ret_status)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	ssize_t len;
	bool ended;

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	ended = fds[1].revents ? ft_limit_poll(fds, 1, END_LIMIT_MS) == 1 : poll(fds, 1, -1) == 1;
	close(pidfd);
	/* A grandchild that still holds the pipe must not stop us. */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	len = read(fd, reason, REASON_MAX - 1);
	reason[len > 0 ? len : 0] = '\0';
	reason[strcspn(reason, "\n")] = '\0';
	return ended && waitpid(pid, ret_status, 0) == pid;
}

void ft_case(void (*fn)(const void *arg), const void *arg, const char *name, ...)
{
	char label[64], reason[REASON_MAX];
	int pipe_fds[2], status = 0;
	va_list args;
	pid_t pid;

	va_start(args, name);
	vsnprintf(label, sizeof(label), name, args);
	va_end(args);
	if (pipe2(pipe_fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		report("not %s %s", label, strerror(errno));
		return;
	}
	if (pid == 0)
		run_case(fn, arg, pipe_fds);
	close(pipe_fds[1]);
	if (!wait_for_case(pid, pipe_fds[0], reason, &status)) {
		report("not %s %s%sits process does not end", label, reason, *reason ? "; " : "");
		exit(1);
	}
	close(pipe_fds[0]);
	report_case(label, status, reason);
}

void ft_metric_add(const char *name, uint64_t value)
{
	report("add %s %llu", name, (unsigned long long)value);
}

void ft_metric_max(const char *name, uint64_t value)
{
	report("max %s %llu", name, (unsigned long long)value);
}

static unsigned long long env_number(const char *name, unsigned long long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

uint64_t ft_stream(const char *name)
{
	return fl_wire_stream(env_number("FT_SEED", 1), name);
}

int ft_scaled_ms(int ms)
{
	return (int)((long long)ms * (long long)env_number("FT_SCALE_MILLI", 1000) / 1000);
}

struct ft_limit ft_limit_new(int ms)
{
	return (struct ft_limit){.seen_ns = ft_now_ns(),
				 .left_ns = (uint64_t)ft_scaled_ms(ms) * 1000000};
}

int ft_limit_is_over(struct ft_limit *limit)
{
	uint64_t now = ft_now_ns(), spent = now - limit->seen_ns;

	if (spent > LATE_NS)
		spent = LATE_NS;
	limit->seen_ns = now;
	limit->left_ns -= spent < limit->left_ns ? spent : limit->left_ns;
	return !limit->left_ns;
}

int ft_limit_poll(struct pollfd *fds, unsigned n_fds, int ms)
{
	struct ft_limit limit = ft_limit_new(ms);
	int n;

	while ((n = poll(fds, n_fds, LOOK_MS)) < 1)
		if (ft_limit_is_over(&limit))
			return 0;
	return n;
}

unsigned ft_rounds(unsigned rounds)
{
	return rounds * (unsigned)env_number("FT_EFFORT", 1);
}

uint64_t ft_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

unsigned ft_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

unsigned ft_thread_counts(unsigned counts[FT_THREAD_COUNTS])
{
	unsigned n = 0, cpus = ft_cpus();

	counts[n++] = 1;
	if (cpus > 1)
		counts[n++] = cpus;
	counts[n++] = 2 * cpus;
	return n;
}

static void print_list(const char *key, const char *list)
{
	printf("%s:%s%s\n", key, list ? " " : "", list ? list : "");
}

static void print_test(const struct ft_test *test, bool by_name)
{
	printf("test: %s\nsummary: %s\ntimeout_ms: %u\ncpus: %u\nmemory_mib: %u\n", test->name,
	       test->summary, test->timeout_ms, test->cpus ? test->cpus : 1, test->memory_mib);
	print_list("disks", test->disks);
	print_list("modules", test->modules);
	print_list("config", test->config);
	printf("by_name: %d\n\n", by_name);
}

static int print_manifest(void)
{
	for (const struct ft_test *const *t = ft_tests; *t; t++)
		print_test(*t, false);
	for (const struct ft_test *const *family = ft_named_tests; *family; family++)
		for (const struct ft_test *t = *family; t->name; t++)
			print_test(t, true);
	return fflush(stdout) == 0 ? 0 : 1;
}

static void take_report_fd(void)
{
	int fd = (int)env_number("FT_RESULT_FD", STDOUT_FILENO);

	/* Programs that a test starts must not be able to speak for it. */
	if (fd > STDERR_FILENO && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		report_fd = fd;
}

static int run_test(const struct ft_test *test)
{
	take_report_fd();
	test->run(test);
	report("done");
	return 0;
}

static const struct ft_test *find_in(const struct ft_test *family, const char *name)
{
	for (; family->name; family++)
		if (strcmp(family->name, name) == 0)
			return family;
	return NULL;
}

static const struct ft_test *find_test(const char *name)
{
	const struct ft_test *found = find_in(ft_hidden_tests, name);

	for (const struct ft_test *const *t = ft_tests; *t && !found; t++)
		if (strcmp((*t)->name, name) == 0)
			found = *t;
	for (const struct ft_test *const *family = ft_named_tests; *family && !found; family++)
		found = find_in(*family, name);
	return found;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--manifest") == 0)
		return print_manifest();
	if (argc >= 2 && strcmp(argv[1], FT_CHILD_VDSO) == 0)
		return ft_child_vdso();
	const struct ft_test *test = argc == 2 ? find_test(argv[1]) : NULL;

	if (test)
		return run_test(test);
	fprintf(stderr, "usage: ft-tests --manifest | TEST\n");
	return 2;
}
