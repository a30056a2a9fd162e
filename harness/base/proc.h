/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Children of the harness. The only place that forks and executes.
 *
 * Every child leads its own process group and dies with the harness, however the
 * harness dies (PR_SET_PDEATHSIG, checked against the parent it was forked from).
 * Nothing here looks at what a child prints.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_PROC_ERROR fl_proc_error_quark()
GQuark fl_proc_error_quark(void);

typedef enum {
	FL_PROC_ERROR_MISSING, /* the program is not installed */
	FL_PROC_ERROR_SPAWN,   /* it could not be started for another reason */
	FL_PROC_ERROR_FAILED,  /* it ended with a non-zero status or by a signal */
	FL_PROC_ERROR_DEADLINE /* it was killed at its deadline */
} FlProcError;

/* One line of the child's output, without its newline; valid for the call only. */
typedef void (*FlProcLineFn)(const char *line, gpointer data);

/* How to run a child to its end. Zero-initialise; only argv is required. All borrowed. */
typedef struct {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *cwd;	 /* NULL: the harness's own */
	const char *const *env;	 /* NULL-terminated; "NAME=value" sets, a bare "NAME" unsets */
	const char *stdin_path;	 /* NULL: /dev/null */
	const char *log_path;	 /* NULL: not kept; else stdout and stderr are appended here */
	uint64_t deadline_us;	 /* 0: none; else the whole group is killed after it */
	FlProcLineFn on_line;	 /* stdout and stderr as they come, may be NULL */
	gpointer on_line_data;
} FlProcSpec;

/* Keep at most this much of a child's output for *ret_output and for error texts. */
#define FL_PROC_OUTPUT_MAX (1u << 20)

/**
 * Runs a child to its end while the default main context turns.
 *
 * @param ret_output  the last FL_PROC_OUTPUT_MAX bytes of stdout and stderr together, caller
 *                    frees; may be NULL. It is set when the child ran, also when it failed.
 * @return true when it exited with 0. Otherwise false with FL_PROC_ERROR_* or G_IO_ERROR_CANCELLED,
 *         and no process of the group is left.
 */
bool fl_proc_run(const FlProcSpec *spec, GCancellable *cancel, char **ret_output,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Runs a child that talks to the user: it keeps the harness's terminal and process group, so that
 * keys reach it. Still dies with the harness.
 * @param ret_status  its exit status; 128 + signal when it was killed
 */
bool fl_proc_run_terminal(const char *const *argv, int *ret_status,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A child that runs beside the main loop. */
typedef struct FlProc FlProc;

/* Called once from the main loop when the child is gone; wait_status as of waitpid(2). */
typedef void (*FlProcExitFn)(FlProc *proc, int wait_status, gpointer data);

typedef struct {
	const char *const *argv; /* NULL-terminated */
	const char *stderr_path; /* stdout and stderr are written here, truncated first */
	const int *fds;		 /* kept open in the child under the same numbers */
	size_t n_fds;
	FlProcExitFn on_exit; /* may be NULL */
	gpointer on_exit_data;
} FlProcSpawn;

FlProc *fl_proc_spawn(const FlProcSpawn *spawn, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The process id, 0 once it has been reaped. */
int fl_proc_pid(const FlProc *proc);

/* Sends a signal to the whole group; harmless once the child is gone. */
void fl_proc_signal(FlProc *proc, int signum);

/* Kills the group and reaps it, without calling on_exit. fl_proc_free(NULL) is fine. */
void fl_proc_free(FlProc *proc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlProc, fl_proc_free)
