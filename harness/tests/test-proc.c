// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of base/proc: a child's output and status arrive, and nothing of it outlives its call.
 */
#include "base/proc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_output(void)
{
	const char *argv[] = {"sh", "-c", "echo out; echo err >&2; printf half", NULL};
	FlProcSpec spec = {.argv = argv};
	g_autofree char *output = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_proc_run(&spec, NULL, &output, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(output, ==, "out\nerr\nhalf");
}

static void count_line(const char *line, gpointer data)
{
	g_ptr_array_add(data, g_strdup(line));
}

static void test_lines(void)
{
	const char *argv[] = {"printf", "a\\nb\\n\\nlast", NULL};
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	FlProcSpec spec = {.argv = argv, .on_line = count_line, .on_line_data = lines};

	g_assert_true(fl_proc_run(&spec, NULL, NULL, NULL));
	g_assert_cmpuint(lines->len, ==, 4);
	g_assert_cmpstr(g_ptr_array_index(lines, 0), ==, "a");
	g_assert_cmpstr(g_ptr_array_index(lines, 2), ==, "");
	g_assert_cmpstr(g_ptr_array_index(lines, 3), ==, "last");
}

static void test_failures(void)
{
	static const struct {
		const char *script;
		FlProcError code;
		const char *text;
	} cases[] = {
		{"exit 3", FL_PROC_ERROR_FAILED, "status 3"},
		{"kill -9 $$", FL_PROC_ERROR_FAILED, "signal 9"},
		{"sleep 100", FL_PROC_ERROR_DEADLINE, "did not end within 0.2 s"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *argv[] = {"sh", "-c", cases[i].script, NULL};
		FlProcSpec spec = {.argv = argv, .deadline_us = 200000};
		g_autoptr(GError) error = NULL;

		g_assert_false(fl_proc_run(&spec, NULL, NULL, &error));
		g_assert_error(error, FL_PROC_ERROR, (int)cases[i].code);
		g_assert_nonnull(strstr(error->message, cases[i].text));
	}
}

static void test_missing(void)
{
	const char *argv[] = {"no-such-program-here", NULL};
	FlProcSpec spec = {.argv = argv};
	g_autoptr(GError) error = NULL;

	g_assert_false(fl_proc_run(&spec, NULL, NULL, &error));
	g_assert_error(error, FL_PROC_ERROR, FL_PROC_ERROR_MISSING);
	g_assert_nonnull(strstr(error->message, "no-such-program-here"));
}

/* Gone, or dead and waiting for an init that does not reap. */
static bool is_dead(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofree char *stat = NULL;

	return !g_file_get_contents(path, &stat, NULL, NULL) || strstr(stat, ") Z ") != NULL;
}

/* A grandchild that keeps the pipe open must not keep the caller. */
static void test_grandchildren_go_with_the_group(void)
{
	const char *argv[] = {"sh", "-c", "sleep 100 & echo $!", NULL};
	FlProcSpec spec = {.argv = argv};
	g_autofree char *output = NULL;
	pid_t pid;

	g_assert_true(fl_proc_run(&spec, NULL, &output, NULL));
	pid = (pid_t)g_ascii_strtoll(output, NULL, 10);
	g_assert_cmpint(pid, >, 1);
	for (int i = 0; i < 100 && !is_dead(pid); i++)
		g_usleep(10000);
	g_assert_true(is_dead(pid));
}

static gboolean cancel_soon(gpointer cancel)
{
	g_cancellable_cancel(cancel);
	return G_SOURCE_REMOVE;
}

static void test_cancel(void)
{
	const char *argv[] = {"sleep", "100", NULL};
	FlProcSpec spec = {.argv = argv};
	g_autoptr(GCancellable) cancel = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	g_timeout_add(50, cancel_soon, cancel);
	g_assert_false(fl_proc_run(&spec, cancel, NULL, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void test_environment(void)
{
	const char *argv[] = {"sh", "-c", "echo \"${FL_A-unset} ${HOME-unset}\"", NULL};
	const char *env[] = {"FL_A=1", "HOME", NULL};
	FlProcSpec spec = {.argv = argv, .env = env};
	g_autofree char *output = NULL;

	g_assert_true(fl_proc_run(&spec, NULL, &output, NULL));
	g_assert_cmpstr(output, ==, "1 unset\n");
}

static void note_exit(FlProc *proc, int wait_status, gpointer data)
{
	(void)proc;
	*(int *)data = wait_status;
}

static void test_spawn_tells_the_end(void)
{
	const char *argv[] = {"sh", "-c", "exit 7", NULL};
	int status = -1;
	FlProcSpawn spawn = {.argv = argv,
			     .stderr_path = "/dev/null",
			     .on_exit = note_exit,
			     .on_exit_data = &status};
	g_autoptr(FlProc) proc = fl_proc_spawn(&spawn, NULL);

	g_assert_nonnull(proc);
	while (status == -1)
		g_main_context_iteration(NULL, TRUE);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 7);
	g_assert_cmpint(fl_proc_pid(proc), ==, 0);
}

static void test_free_kills(void)
{
	const char *argv[] = {"sleep", "100", NULL};
	FlProcSpawn spawn = {.argv = argv, .stderr_path = "/dev/null"};
	FlProc *proc = fl_proc_spawn(&spawn, NULL);
	pid_t pid = fl_proc_pid(proc);

	fl_proc_free(proc);
	g_assert_cmpint(kill(pid, 0), ==, -1);
	g_assert_cmpint(errno, ==, ESRCH);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/proc/output-of-both-streams-arrives", test_output);
	g_test_add_func("/proc/lines-arrive-one-by-one", test_lines);
	g_test_add_func("/proc/failures-say-what-happened", test_failures);
	g_test_add_func("/proc/a-missing-program-is-named", test_missing);
	g_test_add_func("/proc/grandchildren-go-with-the-group",
			test_grandchildren_go_with_the_group);
	g_test_add_func("/proc/cancel-ends-a-child-at-once", test_cancel);
	g_test_add_func("/proc/environment-is-set-and-unset", test_environment);
	g_test_add_func("/proc/spawn-tells-the-end", test_spawn_tells_the_end);
	g_test_add_func("/proc/free-kills-and-reaps", test_free_kills);
	return g_test_run();
}
