/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one work tree of the cache, `<cache>/work/src`, and the lock on all of `<cache>/work`.
 */
#pragma once

#include "base/fs.h"

#include <stdbool.h>

/**
 * The lock on the work folder. Waits, and says so, while another process builds; waits also for
 * compilers that outlived a harness that was killed.
 */
FlFsLock *fl_worktree_lock(const char *cache_dir, GCancellable *cancel,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The file that every compiler of a build keeps locked while it lives; caller frees. */
char *fl_worktree_children_lock(const char *cache_dir);

/* `<cache>/work/src`; caller frees. */
char *fl_worktree_path(const char *cache_dir);

/* The index of the work tree: what was switched to, file by file; caller frees. */
char *fl_worktree_index(const char *cache_dir);

/* Unpacks a tarball into the work tree and makes a state of it. Lock held. */
bool fl_worktree_unpack(const char *cache_dir, const char *tarball, GCancellable *cancel,
			char **ret_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Puts the work tree at a state. Only files that differ are written, with fresh times, so that
 * make rebuilds just what depends on them. Lock held.
 */
bool fl_worktree_switch(const char *cache_dir, const char *tree_id, GCancellable *cancel,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;
