// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children of the harness: started in their own process group, bound to the life of the
 * harness, killed as a group and reaped. The only place that forks and executes.
 * Never interprets what a child prints.
 */
#include "base/proc.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

G_DEFINE_QUARK(fl_proc_error_quark, fl_proc_error)

/* These run in the child between fork and exec: async-signal-safe calls only. */
static void die_with_parent(gpointer data)
{
	pid_t parent = *(const pid_t *)data;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before prctl: then nobody would ever send the signal. */
	if (getppid() != parent)
		_exit(127);
}

static void child_setup(gpointer data)
{
	setpgid(0, 0);
	die_with_parent(data);
}

static void set_spawn_error(GError **error, const char *program, GError *cause)
{
	bool missing = g_error_matches(cause, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT) ||
		       g_error_matches(cause, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES);

	if (missing)
		g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_MISSING,
			    "%s is not installed or cannot be executed", program);
	else
		g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_SPAWN, "%s cannot be started: %s",
			    program, cause->message);
	g_error_free(cause);
}

static GStrv build_environ(const char *const *extra)
{
	GStrv env = g_get_environ();

	for (; extra && *extra; extra++) {
		const char *eq = strchr(*extra, '=');
		g_autofree char *name = NULL;

		/* A bare NAME takes the variable away. */
		if (!eq) {
			env = g_environ_unsetenv(env, *extra);
			continue;
		}
		name = g_strndup(*extra, (gsize)(eq - *extra));
		env = g_environ_setenv(env, name, eq + 1, TRUE);
	}
	return env;
}

/* ---- a child that is run to its end ---- */

typedef struct {
	const FlProcSpec *spec;
	GPid pid;
	int out_fd;
	int log_fd;
	bool exited, drained, deadline_hit;
	int wait_status;
	GString *tail; /* the last FL_PROC_OUTPUT_MAX bytes */
	GString *line; /* a line that has not ended yet */
} Run;

static void emit_lines(Run *run, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			run->spec->on_line(run->line->str, run->spec->on_line_data);
			g_string_truncate(run->line, 0);
		} else if (run->line->len < 65536) {
			g_string_append_c(run->line, bytes[i]);
		}
	}
}

static void take_output(Run *run, const char *bytes, size_t len)
{
	g_string_append_len(run->tail, bytes, (gssize)len);
	/* Cut rarely, so that a talkative child costs one move a megabyte. */
	if (run->tail->len > 2u * FL_PROC_OUTPUT_MAX)
		g_string_erase(run->tail, 0, (gssize)(run->tail->len - FL_PROC_OUTPUT_MAX));
	if (run->log_fd >= 0 && write(run->log_fd, bytes, len) < 0)
		g_debug("log of %s: %s", run->spec->argv[0], g_strerror(errno));
	if (run->spec->on_line)
		emit_lines(run, bytes, len);
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data)
{
	Run *run = data;
	char buf[16384];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)condition;
	if (n > 0) {
		take_output(run, buf, (size_t)n);
		return G_SOURCE_CONTINUE;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	run->drained = true;
	return G_SOURCE_REMOVE;
}

/* What is in the pipe now; a process that left the group and kept the pipe open is not waited for. */
static void drain(Run *run)
{
	char buf[16384];
	ssize_t n;

	g_unix_set_fd_nonblocking(run->out_fd, TRUE, NULL);
	while (!run->drained && (n = read(run->out_fd, buf, sizeof(buf))) > 0)
		take_output(run, buf, (size_t)n);
}

static void on_child(GPid pid, gint wait_status, gpointer data)
{
	Run *run = data;

	(void)pid;
	run->exited = true;
	run->wait_status = wait_status;
}

static gboolean on_deadline(gpointer data)
{
	Run *run = data;

	run->deadline_hit = true;
	return G_SOURCE_REMOVE;
}

/* Cancellation must wake the loop; the flag itself is read there. */
static gboolean on_cancelled(GCancellable *cancel, gpointer data)
{
	(void)cancel;
	(void)data;
	return G_SOURCE_CONTINUE;
}

static bool run_spawn(Run *run, GError **error)
{
	const FlProcSpec *spec = run->spec;
	g_auto(GStrv) env = build_environ(spec->env);
	GError *cause = NULL;
	pid_t self = getpid();
	fl_fd int in_fd =
		open(spec->stdin_path ? spec->stdin_path : "/dev/null", O_RDONLY | O_CLOEXEC);
	int pipe_fds[2];
	gboolean ok;

	if (in_fd < 0) {
		g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_SPAWN, "%s cannot be read: %s",
			    spec->stdin_path ? spec->stdin_path : "/dev/null", g_strerror(errno));
		return false;
	}
	if (!g_unix_open_pipe(pipe_fds, FD_CLOEXEC, error))
		return false;
	ok = g_spawn_async_with_pipes_and_fds(spec->cwd, spec->argv, (const char *const *)env,
					      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH,
					      child_setup, &self, in_fd, pipe_fds[1], pipe_fds[1],
					      NULL, NULL, 0, &run->pid, NULL, NULL, NULL, &cause);
	close(pipe_fds[1]);
	if (!ok) {
		close(pipe_fds[0]);
		set_spawn_error(error, spec->argv[0], cause);
		return false;
	}
	run->out_fd = pipe_fds[0];
	return true;
}

static bool run_verdict(const Run *run, GCancellable *cancel, GError **error)
{
	const char *program = run->spec->argv[0];

	if (g_cancellable_set_error_if_cancelled(cancel, error))
		return false;
	if (run->deadline_hit) {
		g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_DEADLINE,
			    "%s did not end within %.1f s and was killed", program,
			    (double)run->spec->deadline_us / 1e6);
		return false;
	}
	if (WIFSIGNALED(run->wait_status)) {
		g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_FAILED,
			    "%s was killed by signal %d (%s)", program, WTERMSIG(run->wait_status),
			    strsignal(WTERMSIG(run->wait_status)));
		return false;
	}
	if (WEXITSTATUS(run->wait_status) != 0) {
		g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_FAILED, "%s ended with status %d",
			    program, WEXITSTATUS(run->wait_status));
		return false;
	}
	return true;
}

static void attach(GSource *source, GSourceFunc fn, gpointer data)
{
	g_source_set_callback(source, fn, data, NULL);
	g_source_attach(source, NULL);
}

static void run_wait(Run *run, GCancellable *cancel)
{
	g_autoptr(GSource) child = g_child_watch_source_new(run->pid);
	g_autoptr(GSource) output =
		g_unix_fd_source_new(run->out_fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
	g_autoptr(GSource) timer = NULL;
	g_autoptr(GSource) cancelled = NULL;

	attach(child, (GSourceFunc)(void (*)(void))on_child, run);
	attach(output, (GSourceFunc)(void (*)(void))on_output, run);
	if (run->spec->deadline_us) {
		timer = g_timeout_source_new(
			(guint)MIN(run->spec->deadline_us / 1000 + 1, G_MAXUINT));
		attach(timer, on_deadline, run);
	}
	if (cancel) {
		cancelled = g_cancellable_source_new(cancel);
		attach(cancelled, (GSourceFunc)(void (*)(void))on_cancelled, NULL);
	}
	while (!run->exited && !run->deadline_hit && !g_cancellable_is_cancelled(cancel))
		g_main_context_iteration(NULL, TRUE);
	/* The group goes with its leader: nothing of it may write or linger after this call. */
	kill(-run->pid, SIGKILL);
	while (!run->exited)
		g_main_context_iteration(NULL, TRUE);
	drain(run);

	g_source_destroy(child);
	g_source_destroy(output);
	if (timer)
		g_source_destroy(timer);
	if (cancelled)
		g_source_destroy(cancelled);
}

static bool run_open_log(Run *run, GError **error)
{
	if (!run->spec->log_path)
		return true;
	run->log_fd = open(run->spec->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (run->log_fd >= 0)
		return true;
	g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_SPAWN, "%s cannot be written: %s",
		    run->spec->log_path, g_strerror(errno));
	return false;
}

bool fl_proc_run(const FlProcSpec *spec, GCancellable *cancel, char **ret_output, GError **error)
{
	Run run = {.spec = spec, .out_fd = -1, .log_fd = -1};
	bool ok;

	if (g_cancellable_set_error_if_cancelled(cancel, error))
		return false;
	if (!run_open_log(&run, error))
		return false;
	if (!run_spawn(&run, error)) {
		fl_fs_close_fd(&run.log_fd);
		return false;
	}
	run.tail = g_string_new(NULL);
	run.line = g_string_new(NULL);
	run_wait(&run, cancel);
	if (spec->on_line && run.line->len)
		spec->on_line(run.line->str, spec->on_line_data);
	if (run.tail->len > FL_PROC_OUTPUT_MAX)
		g_string_erase(run.tail, 0, (gssize)(run.tail->len - FL_PROC_OUTPUT_MAX));
	ok = run_verdict(&run, cancel, error);
	g_spawn_close_pid(run.pid);
	fl_fs_close_fd(&run.out_fd);
	fl_fs_close_fd(&run.log_fd);
	g_string_free(run.line, TRUE);
	if (ret_output)
		*ret_output = g_string_free(run.tail, FALSE);
	else
		g_string_free(run.tail, TRUE);
	return ok;
}

/* ---- a child that has the terminal ---- */

bool fl_proc_run_terminal(const char *const *argv, int *ret_status, GError **error)
{
	pid_t self = getpid();
	GError *cause = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, die_with_parent,
			  &self, NULL, NULL, &status, &cause)) {
		set_spawn_error(error, argv[0], cause);
		return false;
	}
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

/* ---- a child that runs beside the main loop ---- */

struct FlProc {
	GPid pid; /* 0 once reaped */
	guint watch;
	FlProcExitFn on_exit;
	gpointer on_exit_data;
};

static void on_spawned_exit(GPid pid, gint wait_status, gpointer data)
{
	FlProc *proc = data;

	/* Grandchildren of a dead leader are nobody's business but ours. */
	kill(-pid, SIGKILL);
	g_spawn_close_pid(pid);
	proc->pid = 0;
	proc->watch = 0;
	if (proc->on_exit)
		proc->on_exit(proc, wait_status, proc->on_exit_data);
}

FlProc *fl_proc_spawn(const FlProcSpawn *spawn, GError **error)
{
	fl_fd int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fl_fd int err_fd = open(spawn->stderr_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	pid_t self = getpid();
	GError *cause = NULL;
	FlProc *proc;
	GPid pid;

	if (err_fd < 0 || null_fd < 0) {
		g_set_error(error, FL_PROC_ERROR, FL_PROC_ERROR_SPAWN, "%s cannot be written: %s",
			    spawn->stderr_path, g_strerror(errno));
		return NULL;
	}
	if (!g_spawn_async_with_pipes_and_fds(
		    NULL, spawn->argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH,
		    child_setup, &self, null_fd, err_fd, err_fd, spawn->fds, spawn->fds,
		    spawn->n_fds, &pid, NULL, NULL, NULL, &cause)) {
		set_spawn_error(error, spawn->argv[0], cause);
		return NULL;
	}
	proc = g_new0(FlProc, 1);
	proc->pid = pid;
	proc->on_exit = spawn->on_exit;
	proc->on_exit_data = spawn->on_exit_data;
	proc->watch = g_child_watch_add(pid, on_spawned_exit, proc);
	return proc;
}

int fl_proc_pid(const FlProc *proc)
{
	return proc->pid;
}

void fl_proc_signal(FlProc *proc, int signum)
{
	if (proc->pid)
		kill(-proc->pid, signum);
}

void fl_proc_free(FlProc *proc)
{
	if (!proc)
		return;
	if (proc->pid) {
		kill(-proc->pid, SIGKILL);
		g_source_remove(proc->watch);
		while (waitpid(proc->pid, NULL, 0) < 0 && errno == EINTR)
			;
		g_spawn_close_pid(proc->pid);
	}
	g_free(proc);
}
