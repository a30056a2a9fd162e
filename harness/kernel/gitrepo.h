/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * git as a store of source states: a bare repository in the cache, used through the git command.
 *
 * Nothing of the user's git configuration, environment or hooks has a say in it, and no command
 * that is run here writes outside the cache.
 */
#pragma once

#include "base/proc.h"

#include <gio/gio.h>
#include <stdbool.h>

/* One git command on the cache's repository. Zero-initialise; all borrowed. */
typedef struct {
	const char *cache_dir;
	const char *index;	  /* GIT_INDEX_FILE; NULL: none is needed */
	const char *work_tree;	  /* GIT_WORK_TREE; NULL: none is needed */
	const char *alternate;	  /* another object folder, or NULL. git renews the times of objects
				   * there when it writes, so only for commands that only read */
	const char *stdin_path;	  /* NULL: nothing */
	const char *exclude_file; /* core.excludesFile, or NULL */
	void (*on_line)(const char *line, gpointer data); /* what it prints; may be NULL */
	gpointer on_line_data;
} FlGitRepo;

/* Makes `<cache>/source.git` unless it is there, and then forgets what was known of an older one. */
bool fl_gitrepo_init(const char *cache_dir, GCancellable *cancel,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Runs `git <args>`.
 *
 * @param ret_output  what it printed, set also on failure when it ran; may be NULL, caller frees
 * @return false with FL_KERNEL_ERROR_TOOL and git's last line, FL_PROC_ERROR_* or cancelled
 */
bool fl_gitrepo_run(const FlGitRepo *repo, const char *const *args, GCancellable *cancel,
		    char **ret_output, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a command whose last line is an object id; the caller frees *ret_id. */
bool fl_gitrepo_id(const FlGitRepo *repo, const char *const *args, GCancellable *cancel,
		   char **ret_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Runs a git command that only reads in a folder of the user's.
 *
 * @param on_line  what it prints
 * @return false with FL_KERNEL_ERROR_TREE and git's last line, or cancelled
 */
bool fl_gitrepo_read(const char *dir, const char *const *args, FlProcLineFn on_line, gpointer data,
		     GCancellable *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Asks git about a folder of the user's, read-only: where its objects, index and excludes are.
 *
 * @return NULL when the folder is not the top of a git work tree; else the lines of
 *         `rev-parse args`, caller frees
 */
char **fl_gitrepo_ask(const char *dir, const char *const *args, GCancellable *cancel);
