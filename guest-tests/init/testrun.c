// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs one test program: starts it in its own session, listens to the kernel, to its output and
 * to its report, watches its limit, and ends with exactly one result line. Never waits without
 * an end: a program that even SIGKILL does not remove is reported and left behind.
 */
#include "testrun.h"
#include "foreign.h"
#include "leftovers.h"
#include "result.h"
#include "tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM	       "/bin/ft-tests"
#define SELF	       "/init"	     /* the step before a program of somebody else */
#define KSFT_SKIP      4	     /* what a kselftest ends with where it does not apply */
#define REPORT_FD      40	     /* of the test program; above all that PID 1 has open */
#define OUTPUT_MAX     (256u * 1024) /* of one test; enough to read, too little to drown the port */
#define BEAT_MS	       1000
#define KILL_WAIT_MS   5000 /* between SIGKILL and "does not come back"; scaled */
#define SETTLE_MS      3000 /* what the kernel may take to free what a test held; scaled */
#define SETTLE_STEP_MS 40
#define LOOK_MS	       1000 /* how long a guest with a stuck task stays to be looked at; scaled */

/*
 * Output is text. The report decides: the private pipe of a test of ours, the standard output of
 * a program that speaks KTAP.
 */
enum { POLL_KMSG, POLL_OUTPUT, POLL_REPORT, POLL_EXIT, POLLS };

struct run {
	struct session *session;
	const struct order *order;
	struct result result;
	struct foreign foreign;
	pid_t pid;
	int pidfd, output_fd, report_fd;
	size_t n_output;
	long long started_ms, beat_ms;
	int status;
	bool gone;
	char reason[RESULT_REASON_MAX];
};

/*
 * The system call itself: the vDSO lies in a mapping without ->map_pages, and PID 1 must not take
 * a fault there that a kernel under test may get wrong.
 */
static long long now_ms(void)
{
	struct timespec now = {0};

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static long long scaled(const struct run *run, long long ms)
{
	return ms * run->session->orders->scale_milli / 1000;
}

/* The first reason stays: what comes later is mostly its consequence. */
static void blame(struct run *run, const char *reason)
{
	if (!*run->reason)
		snprintf(run->reason, sizeof(run->reason), "%s", reason);
}

static bool is_program(const struct run *run)
{
	return run->order->n_words != 0;
}

/* Standard input is nobody's: a program that waits for a person must not wait for the console. */
static void wire_up(posix_spawn_file_actions_t *actions, const struct run *run, int output,
		    int report)
{
	posix_spawn_file_actions_init(actions);
	posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(actions, run->order->ktap ? report : output,
					 STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
	if (!is_program(run))
		posix_spawn_file_actions_adddup2(actions, report, REPORT_FD);
}

/* "/init /programs/mine/a.out --fast" or "ft-tests shared-write-tmpfs". */
static void words_of(const struct run *run, char *words[FL_WIRE_WORDS_MAX + 2])
{
	unsigned n = 0;

	words[n++] = is_program(run) ? (char *)SELF : (char *)"ft-tests";
	if (!is_program(run))
		words[n++] = (char *)run->order->name;
	for (unsigned i = 0; i < run->order->n_words; i++)
		words[n++] = run->order->words[i];
	words[n] = NULL;
}

/* Not fork: it would take every VMA lock of PID 1, and one left locked would stop us for ever. */
static pid_t spawn(const struct run *run, int output, int report)
{
	char seed[32], scale[48], effort[32], fd[32];
	char *words[FL_WIRE_WORDS_MAX + 2];
	char *const envp[] = {seed, scale, effort, fd, (char *)"PATH=/bin", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	pid_t pid = -1;

	snprintf(seed, sizeof(seed), "FT_SEED=%llu", run->session->orders->seed);
	snprintf(scale, sizeof(scale), "FT_SCALE_MILLI=%u", run->session->orders->scale_milli);
	snprintf(effort, sizeof(effort), "FT_EFFORT=%u", run->session->orders->effort);
	snprintf(fd, sizeof(fd), "FT_RESULT_FD=%d", REPORT_FD);
	words_of(run, words);
	wire_up(&actions, run, output, report);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	errno = posix_spawn(&pid, is_program(run) ? SELF : PROGRAM, &actions, &attr, words, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return errno ? -1 : pid;
}

static bool start(struct run *run)
{
	int output[2], report[2];

	if (pipe2(output, O_CLOEXEC) < 0)
		return false;
	if (pipe2(report, O_CLOEXEC) < 0) {
		close(output[0]);
		close(output[1]);
		return false;
	}
	run->pid = spawn(run, output[1], report[1]);
	close(output[1]);
	close(report[1]);
	run->output_fd = output[0];
	run->report_fd = report[0];
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	fcntl(report[0], F_SETFL, O_NONBLOCK);
	run->pidfd = run->pid > 0 ? (int)syscall(SYS_pidfd_open, run->pid, 0) : -1;
	return run->pidfd >= 0;
}

static void forward_line(struct run *run, const char *text, size_t len)
{
	char head[16];

	snprintf(head, sizeof(head), "%u ", run->order->number);
	emit_split(run->session->emit, FL_WIRE_OUTPUT, head, text, len);
}

static void forward_output(struct run *run, const char *text, size_t len)
{
	static const char cut[] = "(more output follows and is left out)";

	if (run->n_output > OUTPUT_MAX)
		return;
	run->n_output += len;
	for (size_t done = 0; done < len;) {
		const char *end = memchr(text + done, '\n', len - done);
		size_t n = end ? (size_t)(end - text) - done : len - done;

		forward_line(run, text + done, n);
		done += n + (end ? 1 : 0);
	}
	if (run->n_output > OUTPUT_MAX)
		forward_line(run, cut, sizeof(cut) - 1);
}

/* Reads what is there; false: nothing more will come. */
static bool read_output(struct run *run)
{
	char text[4096];
	ssize_t len = read(run->output_fd, text, sizeof(text));

	if (len > 0)
		forward_output(run, text, (size_t)len);
	return len > 0 || (len < 0 && errno == EAGAIN);
}

static bool read_report(struct run *run)
{
	char text[4096];
	ssize_t len = read(run->report_fd, text, sizeof(text));

	if (len > 0 && run->order->ktap) {
		forward_output(run, text, (size_t)len);
		foreign_feed(&run->foreign, &run->result, run->session->emit, text, (size_t)len);
	} else if (len > 0)
		result_feed(&run->result, run->session->emit, text, (size_t)len);
	return len > 0 || (len < 0 && errno == EAGAIN);
}

static void stop_listening(struct pollfd *poll_fd)
{
	poll_fd->fd = -1;
	poll_fd->revents = 0;
}

static void beat(struct run *run, long long now)
{
	if (now < run->beat_ms)
		return;
	emit_printf(run->session->emit, FL_WIRE_BEAT, "%u", run->order->number);
	run->beat_ms = now + BEAT_MS;
}

/*
 * Listens until the program is gone or the time is up. What we were woken too late does not count: the
 * whole machine stood still, and not only the program.
 */
static void listen_until(struct run *run, long long end_ms)
{
	struct pollfd fds[POLLS] = {
		[POLL_KMSG] = {.fd = run->session->kmsg->fd, .events = POLLIN},
		[POLL_OUTPUT] = {.fd = run->output_fd, .events = POLLIN},
		[POLL_REPORT] = {.fd = run->report_fd, .events = POLLIN},
		[POLL_EXIT] = {.fd = run->pidfd, .events = POLLIN},
	};

	while (!run->gone) {
		long long now = now_ms();
		long long wake = run->beat_ms < end_ms ? run->beat_ms : end_ms;
		long long woken;

		if (now >= end_ms)
			return;
		if (wake < now)
			wake = now;
		poll(fds, POLLS, (int)(wake - now));
		woken = now_ms();
		if (woken > wake)
			end_ms += woken - wake;
		kmsg_drain(run->session->kmsg, run->session->emit);
		if (fds[POLL_OUTPUT].revents && !read_output(run))
			stop_listening(&fds[POLL_OUTPUT]);
		if (fds[POLL_REPORT].revents && !read_report(run))
			stop_listening(&fds[POLL_REPORT]);
		if (fds[POLL_EXIT].revents)
			run->gone = waitpid(run->pid, &run->status, WNOHANG) == run->pid;
		beat(run, now_ms());
		(void)emit_flush(run->session->emit);
	}
}

static void sysrq(char command)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, &command, 1) != 1)
		fprintf(stderr, "sysrq %c: %s\n", command, strerror(errno));
	close(fd);
}

/* Into the kernel's log: the stacks of the blocked tasks, and the locks that are held. */
static void tell_blocked(void)
{
	sysrq('w');
	if (access("/proc/lockdep_stats", F_OK) == 0)
		sysrq('d');
}

/* The host has no way to answer: it stops the guest in this time and reads it. */
static void stay_to_be_looked_at(struct run *run)
{
	(void)emit_flush(run->session->emit);
	poll(NULL, 0, (int)scaled(run, LOOK_MS));
}

/* The limit is over: say who is stuck where, while it still is. */
static void report_limit(struct run *run)
{
	struct task stuck[TASKS_STUCK_MAX];
	unsigned n = tasks_find_stuck(stuck);
	char reason[RESULT_REASON_MAX];

	tasks_report_stuck(run->session->emit, run->order, stuck, n);
	tell_blocked();
	kmsg_drain(run->session->kmsg, run->session->emit);
	if (n)
		snprintf(reason, sizeof(reason),
			 "did not end within %u ms: %s (task %d) was in state D in %s",
			 run->order->limit_ms, stuck[0].comm, stuck[0].tid, stuck[0].frame);
	else
		snprintf(reason, sizeof(reason), "did not end within %u ms", run->order->limit_ms);
	blame(run, reason);
	if (n)
		stay_to_be_looked_at(run);
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Removes whatever the test left running; false: some of it does not go. */
static bool clear_processes(struct run *run)
{
	long long end_ms = now_ms() + scaled(run, KILL_WAIT_MS);
	unsigned left = tasks_count_user(false);
	char reason[96];

	if (!run->gone) {
		kill(-run->pid, SIGKILL);
		listen_until(run, end_ms);
		left = tasks_count_user(true);
	} else if (left) {
		/* A process that has just ended may still be waiting for its reaper. */
		reap();
		poll(NULL, 0, SETTLE_STEP_MS);
		reap();
		left = tasks_count_user(true);
		snprintf(reason, sizeof(reason), "the test ended and left %u processes behind",
			 left);
		if (left)
			blame(run, reason);
	}
	while (left && now_ms() < end_ms) {
		reap();
		poll(NULL, 0, SETTLE_STEP_MS);
		reap();
		kmsg_drain(run->session->kmsg, run->session->emit);
		beat(run, now_ms());
		(void)emit_flush(run->session->emit);
		left = tasks_count_user(true);
	}
	return !left;
}

static void report_stuck(struct run *run)
{
	struct task stuck[TASKS_STUCK_MAX];
	unsigned n = tasks_find_stuck(stuck);
	char reason[RESULT_REASON_MAX];

	tasks_report_stuck(run->session->emit, run->order, stuck, n);
	tell_blocked();
	if (n)
		snprintf(reason, sizeof(reason),
			 "did not come back after SIGKILL: %s (task %d) is stuck in state D in %s",
			 stuck[0].comm, stuck[0].tid, stuck[0].frame);
	else
		snprintf(reason, sizeof(reason), "did not come back after SIGKILL");
	*run->reason = '\0';
	blame(run, reason);
}

static void clear_leftovers(struct run *run)
{
	char reason[RESULT_REASON_MAX];

	if (!leftovers_clear(reason, sizeof(reason)))
		blame(run, reason);
}

static void check_balance(struct run *run)
{
	long long end_ms = now_ms() + scaled(run, SETTLE_MS);
	struct balance books;
	char reason[RESULT_REASON_MAX];

	for (;;) {
		balance_read(&books);
		if (balance_holds(&run->session->base, &books, reason, sizeof(reason)))
			break;
		if (now_ms() >= end_ms) {
			blame(run, reason);
			break;
		}
		poll(NULL, 0, SETTLE_STEP_MS);
		beat(run, now_ms());
		(void)emit_flush(run->session->emit);
	}
	run->session->base = books;
}

/* Whether the program ended as it should; if not, reason says how it did. */
static bool ended_well(const struct run *run, char *reason, size_t size)
{
	int status = run->status;

	if (WIFSIGNALED(status))
		snprintf(reason, size, "the test program was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == run->order->status)
		return true;
	else if (run->order->status)
		snprintf(reason, size, "the test program exited with status %d, expected %d",
			 WEXITSTATUS(status), run->order->status);
	else
		snprintf(reason, size, "the test program exited with status %d",
			 WEXITSTATUS(status));
	return false;
}

/* A kselftest that does not apply says so by its status, with or without cases. */
static bool skipped_by_status(struct run *run)
{
	if (!run->order->ktap || run->result.n_failed || !WIFEXITED(run->status) ||
	    WEXITSTATUS(run->status) != KSFT_SKIP)
		return false;
	if (!run->result.skipped)
		snprintf(run->result.reason, sizeof(run->result.reason), "%s",
			 *run->foreign.diagnostic ? run->foreign.diagnostic
						  : "the program says that it does not apply");
	run->result.skipped = true;
	return true;
}

static void check_exit(struct run *run)
{
	char reason[RESULT_REASON_MAX];
	bool reports = !is_program(run) || run->order->ktap;

	if (skipped_by_status(run))
		return;
	/* What the program said of itself tells more than the status that it ended with. */
	if ((run->result.n_failed || *run->result.mistake) &&
	    !result_holds(&run->result, reason, sizeof(reason)))
		blame(run, reason);
	else if (!ended_well(run, reason, sizeof(reason)))
		blame(run, reason);
	else if (reports && !result_holds(&run->result, reason, sizeof(reason)))
		blame(run, reason);
}

static void emit_metrics(const struct run *run)
{
	const struct result *result = &run->result;
	long long ms = now_ms() - run->started_ms;

	emit_printf(run->session->emit, FL_WIRE_METRIC, "%u %s %lld.%03lld", run->order->number,
		    FL_WIRE_METRIC_SECONDS, ms / 1000, ms % 1000);
	for (unsigned i = 0; i < result->n_metrics; i++)
		emit_printf(run->session->emit, FL_WIRE_METRIC, "%u %s %lld", run->order->number,
			    result->metrics[i].name, result->metrics[i].value);
	yields_tell(&run->session->yields, run->session->emit, run->order->number);
}

static void emit_result(const struct run *run)
{
	struct emit *emit = run->session->emit;
	const struct order *order = run->order;

	if (*run->reason) {
		emit_printf(emit, FL_WIRE_KTAP, "# %s: %s", order->name, run->reason);
		emit_printf(emit, FL_WIRE_KTAP, "not ok %u %s", order->number, order->name);
	} else if (run->result.skipped)
		emit_printf(emit, FL_WIRE_KTAP, "ok %u %s # SKIP %s", order->number, order->name,
			    run->result.reason);
	else
		emit_printf(emit, FL_WIRE_KTAP, "ok %u %s", order->number, order->name);
}

static void close_run(const struct run *run)
{
	close(run->pidfd);
	close(run->output_fd);
	close(run->report_fd);
}

static bool carry_out(struct run *run)
{
	bool clear;

	if (!start(run)) {
		blame(run, "the test program could not be started");
		return true;
	}
	listen_until(run, run->started_ms + run->order->limit_ms);
	if (!run->gone)
		report_limit(run);
	clear = clear_processes(run);
	while (read_output(run) && errno != EAGAIN)
		;
	while (read_report(run) && errno != EAGAIN)
		;
	if (!clear) {
		report_stuck(run);
		stay_to_be_looked_at(run);
	} else {
		check_exit(run);
		clear_leftovers(run);
	}
	close_run(run);
	if (clear)
		check_balance(run);
	return clear;
}

bool testrun_one(struct session *session, const struct order *order)
{
	struct run run = {.session = session, .order = order, .started_ms = now_ms()};
	bool clear;

	result_init(&run.result, order->name);
	run.beat_ms = run.started_ms + BEAT_MS;
	emit_printf(session->emit, FL_WIRE_START, "%u %s", order->number, order->name);
	/* On record before the test can do any harm. */
	(void)emit_flush(session->emit);
	session->n_started++;
	yields_begin(&session->yields, order->name);
	clear = carry_out(&run);
	kmsg_drain(session->kmsg, session->emit);
	emit_metrics(&run);
	emit_result(&run);
	session->n_results++;
	(void)emit_flush(session->emit);
	return clear;
}
