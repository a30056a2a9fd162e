// SPDX-License-Identifier: GPL-2.0-only
/*
 * The work tree that kernels are built from, its git index and its lock. One tree for all states:
 * switching costs as many writes as files differ. Never builds anything.
 */
#include "kernel/worktree.h"

#include "base/log.h"
#include "base/proc.h"
#include "kernel/gitrepo.h"
#include "kernel/kcache.h"

#include <glib/gstdio.h>

char *fl_worktree_path(const char *cache_dir)
{
	return g_build_filename(cache_dir, "work", "src", NULL);
}

char *fl_worktree_index(const char *cache_dir)
{
	return g_build_filename(cache_dir, "work", "index", NULL);
}

char *fl_worktree_children_lock(const char *cache_dir)
{
	return g_build_filename(cache_dir, "work", "children.lock", NULL);
}

static void say_waiting(gpointer data)
{
	fl_log_step("kernel cache: waiting %s", (const char *)data);
}

FlFsLock *fl_worktree_lock(const char *cache_dir, GCancellable *cancel, GError **error)
{
	g_autofree char *work = g_build_filename(cache_dir, "work", NULL);
	g_autofree char *path = g_build_filename(work, "lock", NULL);
	g_autofree char *children_path = fl_worktree_children_lock(cache_dir);
	g_autoptr(FlFsLock) lock = NULL;
	g_autoptr(FlFsLock) children = NULL;

	if (!fl_fs_mkdir(work, error))
		return NULL;
	lock = fl_fs_lock(path, say_waiting, (char[]){"for another faultline that is building"},
			  cancel, error);
	if (!lock)
		return NULL;
	children = fl_fs_lock(children_path, say_waiting,
			      (char[]){"for the compilers that an interrupted build left behind"},
			      cancel, error);
	return children ? g_steal_pointer(&lock) : NULL;
}

/* The index is ours alone while the lock is held: a lock file of git's is from a killed git. */
static bool clean_index(const char *index, GError **error)
{
	g_autofree char *stale = g_strconcat(index, ".lock", NULL);

	return fl_fs_remove(stale, error);
}

static bool untar(const char *tarball, const char *src, GCancellable *cancel, GError **error)
{
	const char *argv[] = {"tar", "-xf", tarball, "--strip-components=1", "--no-same-owner",
			      "-C",  src,   NULL};
	const char *env[] = {"LC_ALL=C", "TAR_OPTIONS", "XZ_DEFAULTS", "XZ_OPT", NULL};
	g_autofree char *output = NULL;
	g_autoptr(GError) cause = NULL;

	if (fl_proc_run(&(FlProcSpec){.argv = argv, .env = env}, cancel, &output, &cause))
		return true;
	if (g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_FAILED)) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE,
			    "%s cannot be unpacked: %s", tarball,
			    *g_strstrip(output) ? output : cause->message);
		return false;
	}
	g_propagate_error(error, g_steal_pointer(&cause));
	return false;
}

bool fl_worktree_unpack(const char *cache_dir, const char *tarball, GCancellable *cancel,
			char **ret_id, GError **error)
{
	g_autofree char *src = fl_worktree_path(cache_dir);
	g_autofree char *index = fl_worktree_index(cache_dir);
	FlGitRepo repo = {.cache_dir = cache_dir, .index = index, .work_tree = src};
	/* One pack instead of 80 000 loose objects: "big" files are streamed into a pack. */
	const char *add[] = {"-c", "core.bigFileThreshold=1", "add", "-A", "-f", ".", NULL};
	const char *write[] = {"write-tree", NULL};

	fl_log_live("kernel source: unpacking %s", tarball);
	if (!clean_index(index, error) || !fl_fs_remove(index, error) ||
	    !fl_fs_remove(src, error) || !fl_fs_mkdir(src, error) ||
	    !untar(tarball, src, cancel, error))
		return false;
	fl_log_live("kernel source: taking the files into the cache");
	return fl_gitrepo_run(&repo, add, cancel, NULL, error) &&
	       fl_gitrepo_id(&repo, write, cancel, ret_id, error);
}

bool fl_worktree_switch(const char *cache_dir, const char *tree_id, GCancellable *cancel,
			GError **error)
{
	g_autofree char *src = fl_worktree_path(cache_dir);
	g_autofree char *index = fl_worktree_index(cache_dir);
	FlGitRepo repo = {.cache_dir = cache_dir, .index = index, .work_tree = src};
	const char *read[] = {"read-tree", "--reset", "-u", tree_id, NULL};
	/* Mends what a git that was killed in the middle, or a curious user, left in the tree. */
	const char *mend[] = {"checkout-index", "-q", "-f", "-a", "-u", NULL};

	return fl_fs_mkdir(src, error) && clean_index(index, error) &&
	       fl_gitrepo_run(&repo, read, cancel, NULL, error) &&
	       fl_gitrepo_run(&repo, mend, cancel, NULL, error);
}
