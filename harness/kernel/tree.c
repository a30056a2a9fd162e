// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns what the user names as a kernel source into a git tree id, without touching the user's
 * files: they are read through an index of our own, and new objects go into the cache.
 */
#include "kernel/tree.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "kernel/borrow.h"
#include "kernel/gitrepo.h"
#include "kernel/kcache.h"
#include "kernel/states.h"
#include "kernel/worktree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

void fl_tree_clear(FlTree *tree)
{
	g_clear_pointer(&tree->id, g_free);
	g_clear_pointer(&tree->origin, json_decref);
}

/* ---- what is a kernel tree ---- */

static bool not_a_kernel(const char *what, const char *why, GError **error)
{
	g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE,
		    "%s is not a Linux kernel tree: %s", what, why);
	return false;
}

static bool check_kernel(const char *dir, const char *what, GError **error)
{
	g_autofree char *makefile = g_build_filename(dir, "Makefile", NULL);
	g_autofree char *kconfig = g_build_filename(dir, "Kconfig", NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(makefile, &text, NULL, NULL))
		return not_a_kernel(what, "there is no Makefile in it", error);
	if (!g_regex_match_simple("^VERSION *=(.|\\n)*^PATCHLEVEL *=", text, G_REGEX_MULTILINE, 0))
		return not_a_kernel(what, "its Makefile sets no VERSION and PATCHLEVEL", error);
	if (!g_file_test(kconfig, G_FILE_TEST_IS_REGULAR))
		return not_a_kernel(what, "there is no Kconfig in it", error);
	return true;
}

/* ---- the packaged source ---- */

static bool import_package(const char *cache_dir, const char *tarball, GCancellable *cancel,
			   char **ret_id, GError **error)
{
	g_autofree char *src = fl_worktree_path(cache_dir);
	g_autofree char *id = NULL;

	if (!fl_worktree_unpack(cache_dir, tarball, cancel, &id, error) ||
	    !check_kernel(src, tarball, error))
		return false;
	fl_log_step("kernel source: %s taken into the cache", tarball);
	*ret_id = g_steal_pointer(&id);
	return true;
}

/* By content: a package that was installed again is not unpacked again. */
static bool package_by_content(const char *cache_dir, const char *tarball, const json_t *by_stat,
			       GCancellable *cancel, char **ret_id, GError **error)
{
	g_autoptr(FlFsLock) lock = fl_worktree_lock(cache_dir, cancel, error);
	g_autofree char *sha256 = lock ? fl_hash_file(tarball, error) : NULL;
	g_autoptr(json_t) by_hash = NULL;
	g_autofree char *id = NULL;

	if (!sha256)
		return false;
	by_hash = json_pack("{s:s}", "tarball_sha256", sha256);
	id = fl_states_recall(cache_dir, by_hash);
	if (!id && !import_package(cache_dir, tarball, cancel, &id, error))
		return false;
	if (!fl_states_remember(cache_dir, by_hash, id, error) ||
	    !fl_states_remember(cache_dir, by_stat, id, error))
		return false;
	*ret_id = g_steal_pointer(&id);
	return true;
}

bool fl_tree_package(const char *cache_dir, const char *tarball, GCancellable *cancel,
		     FlTree *ret_tree, GError **error)
{
	g_autoptr(json_t) by_stat = NULL;
	g_autofree char *id = NULL;
	struct stat st;

	if (stat(tarball, &st)) {
		g_set_error(
			error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE,
			"%s: %s; install it with `apt install linux-source-6.12`, or name a kernel "
			"tree with --kernel-tree",
			tarball, g_strerror(errno));
		return false;
	}
	by_stat = json_pack("{s:s, s:I, s:I, s:I}", "tarball", tarball, "size",
			    (json_int_t)st.st_size, "mtime", (json_int_t)st.st_mtim.tv_sec,
			    "mtime_ns", (json_int_t)st.st_mtim.tv_nsec);
	if (!fl_gitrepo_init(cache_dir, cancel, error))
		return false;
	id = fl_states_recall(cache_dir, by_stat);
	if (!id && !package_by_content(cache_dir, tarball, by_stat, cancel, &id, error))
		return false;
	*ret_tree = (FlTree){.id = g_steal_pointer(&id),
			     .origin = json_pack("{s:o}", "package", fl_json_string(tarball))};
	return true;
}

/* ---- a folder of the user's ---- */

/* What read-only questions to git told about the user's repository. */
typedef struct {
	char *objects, *index, *exclude;
} UserRepo;

static void user_repo_clear(UserRepo *user)
{
	g_free(user->objects);
	g_free(user->index);
	g_free(user->exclude);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UserRepo, user_repo_clear)

/* False when the folder is not the top of a git work tree: then it is taken as it lies there. */
static bool ask_user_repo(const char *dir, GCancellable *cancel, UserRepo *ret_user)
{
	const char *args[] = {"--show-cdup", "--git-path", "objects",	   "--git-path",
			      "index",	     "--git-path", "info/exclude", NULL};
	g_auto(GStrv) lines = fl_gitrepo_ask(dir, args, cancel);

	/* --show-cdup prints an empty line at the top of the work tree and nothing else does. */
	if (!lines || g_strv_length(lines) != 4 || *lines[0])
		return false;
	ret_user->objects = g_canonicalize_filename(lines[1], dir);
	ret_user->index = g_canonicalize_filename(lines[2], dir);
	ret_user->exclude = g_canonicalize_filename(lines[3], dir);
	return true;
}

/* The time of an index is part of what it says: git distrusts entries that are as new as it. */
static bool copy_index(const char *from, const char *to, GError **error)
{
	struct stat st;

	if (stat(from, &st))
		return true; /* no index yet: every file is new */
	if (!fl_fs_copy(from, to, error))
		return false;
	utimensat(AT_FDCWD, to, (struct timespec[]){st.st_atim, st.st_mtim}, 0);
	return true;
}

/* git refuses a path that a plain `.` hides from it by itself; build products would spoil `make O=`. */
static const char *const PLAIN_ADD[] = {
	"add",
	"-A",
	"-f",
	"--",
	".",
	":(exclude).config",
	":(exclude).config.old",
	":(exclude)include/config",
	":(exclude)include/generated",
	":(exclude,glob)arch/*/include/generated/**",
	":(exclude,glob)**/*.o",
	":(exclude,glob)**/*.ko",
	":(exclude,glob)**/*.a",
	":(exclude,glob)**/.*.cmd",
	":(exclude)vmlinux",
	NULL,
};
static const char *const USER_ADD[] = {"add", "-A", "--", ".", NULL};

static bool write_state(const FlGitRepo *repo, const char *const *add, GCancellable *cancel,
			char **ret_id, GError **error)
{
	/* Files that the user's index calls unchanged are not in the cache yet. */
	const char *write[] = {"write-tree", "--missing-ok", NULL};

	return fl_gitrepo_run(repo, add, cancel, NULL, error) &&
	       fl_gitrepo_id(repo, write, cancel, ret_id, error);
}

/* The fast way: what the user's index knows needs not be read, its objects are copied. */
static bool state_by_index(const FlGitRepo *repo, const UserRepo *user, const char *scratch,
			   GCancellable *cancel, char **ret_id, GError **error)
{
	/* Files marked "assume unchanged" are looked at all the same. */
	const char *refresh[] = {"update-index", "-q", "--really-refresh", NULL};
	g_autofree char *id = NULL;

	if (!copy_index(user->index, repo->index, error))
		return false;
	/* Its status only says whether files have changed. */
	if (!fl_gitrepo_run(repo, refresh, cancel, NULL, NULL))
		g_debug("the index needs an update");
	if (!write_state(repo, USER_ADD, cancel, &id, error) ||
	    !fl_borrow_tree(repo->cache_dir, id, user->objects, scratch, cancel, error))
		return false;
	*ret_id = g_steal_pointer(&id);
	return true;
}

static bool git_state(FlGitRepo *repo, const UserRepo *user, const char *scratch,
		      GCancellable *cancel, char **ret_id, GError **error)
{
	g_autoptr(GError) cause = NULL;

	repo->exclude_file = user->exclude;
	if (state_by_index(repo, user, scratch, cancel, ret_id, &cause))
		return true;
	if (g_cancellable_set_error_if_cancelled(cancel, error))
		return false;
	/* A split or damaged index cannot be borrowed; an empty one costs reading all files. */
	g_debug("reading all files: %s", cause->message);
	return fl_fs_remove(repo->index, error) &&
	       write_state(repo, USER_ADD, cancel, ret_id, error);
}

static bool git_folder(const char *cache_dir, const char *dir, const UserRepo *user,
		       GCancellable *cancel, char **ret_id, GError **error)
{
	g_autofree char *scratch = fl_fs_temp_dir(cache_dir, "index", error);
	g_autofree char *index = scratch ? g_build_filename(scratch, "index", NULL) : NULL;
	FlGitRepo repo = {.cache_dir = cache_dir, .index = index, .work_tree = dir};
	bool ok = scratch && git_state(&repo, user, scratch, cancel, ret_id, error);

	if (scratch && !fl_fs_remove(scratch, NULL))
		g_debug("%s is left behind", scratch);
	return ok;
}

/* The index of a plain folder is kept: its stat data make the next call fast. */
static bool plain_folder(const char *cache_dir, const char *dir, GCancellable *cancel,
			 char **ret_id, GError **error)
{
	g_autofree char *hash = fl_hash_bytes(dir, strlen(dir));
	g_autofree char *indexes = g_build_filename(cache_dir, "indexes", NULL);
	g_autofree char *index = g_build_filename(indexes, hash, NULL);
	g_autofree char *stale = g_strconcat(index, ".lock", NULL);
	g_autofree char *lock_path = g_strconcat(index, ".busy", NULL);
	g_autoptr(FlFsLock) lock = NULL;
	FlGitRepo repo = {.cache_dir = cache_dir, .index = index, .work_tree = dir};

	if (!fl_fs_mkdir(indexes, error))
		return false;
	lock = fl_fs_lock(lock_path, NULL, NULL, cancel, error);
	return lock && fl_fs_remove(stale, error) &&
	       write_state(&repo, PLAIN_ADD, cancel, ret_id, error);
}

bool fl_tree_folder(const char *cache_dir, const char *dir, GCancellable *cancel, FlTree *ret_tree,
		    GError **error)
{
	g_autofree char *path = realpath(dir, NULL);
	g_auto(UserRepo) user = {0};
	g_autofree char *id = NULL;
	bool is_git;

	if (!path || !g_file_test(path, G_FILE_TEST_IS_DIR))
		return not_a_kernel(dir, path ? "it is not a folder" : g_strerror(errno), error);
	if (!check_kernel(path, dir, error) || !fl_gitrepo_init(cache_dir, cancel, error))
		return false;
	fl_log_live("kernel source: looking for changes in %s", dir);
	is_git = ask_user_repo(path, cancel, &user);
	if (is_git ? !git_folder(cache_dir, path, &user, cancel, &id, error)
		   : !plain_folder(cache_dir, path, cancel, &id, error))
		return false;
	*ret_tree = (FlTree){
		.id = g_steal_pointer(&id),
		.origin = json_pack("{s:o, s:b}", "folder", fl_json_string(path), "git", is_git)};
	return true;
}

/* ---- a commit of the user's ---- */

/* The tree id of a commit, and where its objects are. */
static bool ask_revision(const char *dir, const char *revision, GCancellable *cancel, char **ret_id,
			 char **ret_objects, GError **error)
{
	g_autofree char *tree = g_strconcat(revision, "^{tree}", NULL);
	g_autofree char *makefile = g_strconcat(revision, ":Makefile", NULL);
	g_autofree char *kconfig = g_strconcat(revision, ":Kconfig", NULL);
	const char *args[] = {tree, makefile, kconfig, "--git-path", "objects", NULL};
	g_auto(GStrv) lines = *revision == '-' ? NULL : fl_gitrepo_ask(dir, args, cancel);

	if (!lines || g_strv_length(lines) != 4) {
		if (!g_cancellable_set_error_if_cancelled(cancel, error))
			g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE,
				    "%s has no commit \"%s\" with a Linux kernel tree", dir,
				    revision);
		return false;
	}
	*ret_id = g_strdup(lines[0]);
	*ret_objects = g_canonicalize_filename(lines[3], dir);
	return true;
}

bool fl_tree_revision(const char *cache_dir, const char *dir, const char *revision,
		      GCancellable *cancel, FlTree *ret_tree, GError **error)
{
	g_autofree char *path = realpath(dir, NULL);
	g_autofree char *id = NULL;
	g_autofree char *objects = NULL;
	g_autofree char *scratch = NULL;
	bool ok;

	if (!path)
		return not_a_kernel(dir, g_strerror(errno), error);
	if (!fl_gitrepo_init(cache_dir, cancel, error) ||
	    !ask_revision(path, revision, cancel, &id, &objects, error))
		return false;
	scratch = fl_fs_temp_dir(cache_dir, "index", error);
	ok = scratch && fl_borrow_tree(cache_dir, id, objects, scratch, cancel, error);
	if (scratch && !fl_fs_remove(scratch, NULL))
		g_debug("%s is left behind", scratch);
	if (!ok)
		return false;
	*ret_tree = (FlTree){.id = g_steal_pointer(&id),
			     .origin = json_pack("{s:o, s:o}", "folder", fl_json_string(path),
						 "revision", fl_json_string(revision))};
	return true;
}
