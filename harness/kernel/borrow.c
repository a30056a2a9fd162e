// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists the objects of a tree, asks the cache's repository which of them it lacks, and packs those
 * out of the user's. An alternate would be simpler, but git renews the time stamps of objects in
 * alternates whenever it would have written them, and the user's folder is not ours to touch; and
 * what was copied survives the user's next garbage collection.
 */
#include "kernel/borrow.h"

#include "base/fs.h"
#include "base/json.h"
#include "kernel/gitrepo.h"
#include "kernel/states.h"

#include <string.h>

/* A line of ls-tree: "100644 blob <id><TAB>path"; trees count, submodules do not. */
static void list_object(const char *line, gpointer data)
{
	const char *tab = strchr(line, '\t');

	if (tab - line == 52 && !g_str_has_prefix(line + 6, " commit "))
		g_string_append_printf(data, "%.40s\n", line + 12);
}

/* A line of cat-file --batch-check: "<id> missing", or what it is. */
static void list_missing(const char *line, gpointer data)
{
	if (g_str_has_suffix(line, " missing"))
		g_string_append_printf(data, "%.40s\n", line);
}

/* The tree itself may be the user's as well: that of a commit. */
static bool list_objects(const char *cache_dir, const char *tree_id, const char *objects,
			 const char *path, GCancellable *cancel, GError **error)
{
	g_autoptr(GString) ids = g_string_new(NULL);
	const char *args[] = {"ls-tree", "-r", "-t", tree_id, NULL};

	g_string_printf(ids, "%s\n", tree_id);
	return fl_gitrepo_run(&(FlGitRepo){.cache_dir = cache_dir,
					   .alternate = objects,
					   .on_line = list_object,
					   .on_line_data = ids},
			      args, cancel, NULL, error) &&
	       fl_fs_write(path, ids->str, ids->len, error);
}

static bool keep_missing(const char *cache_dir, const char *path, bool *ret_any,
			 GCancellable *cancel, GError **error)
{
	g_autoptr(GString) missing = g_string_new(NULL);
	const char *args[] = {"cat-file", "--batch-check", "--buffer", NULL};

	if (!fl_gitrepo_run(&(FlGitRepo){.cache_dir = cache_dir,
					 .stdin_path = path,
					 .on_line = list_missing,
					 .on_line_data = missing},
			    args, cancel, NULL, error))
		return false;
	*ret_any = missing->len > 0;
	return fl_fs_write(path, missing->str, missing->len, error);
}

static bool pack_missing(const char *cache_dir, const char *objects, const char *path,
			 GCancellable *cancel, GError **error)
{
	g_autofree char *pack =
		g_build_filename(cache_dir, "source.git", "objects", "pack", "pack", NULL);
	/* No search for deltas: those that the user's packs have are taken over. */
	const char *args[] = {"pack-objects", "-q", "--window=0", pack, NULL};

	return fl_gitrepo_run(
		&(FlGitRepo){.cache_dir = cache_dir, .alternate = objects, .stdin_path = path},
		args, cancel, NULL, error);
}

bool fl_borrow_tree(const char *cache_dir, const char *tree_id, const char *objects,
		    const char *scratch, GCancellable *cancel, GError **error)
{
	g_autofree char *path = g_build_filename(scratch, "objects", NULL);
	g_autoptr(json_t) question = json_pack("{s:s}", "complete", tree_id);
	g_autofree char *known = fl_states_recall(cache_dir, question);
	bool any;

	if (known)
		return true;
	return list_objects(cache_dir, tree_id, objects, path, cancel, error) &&
	       keep_missing(cache_dir, path, &any, cancel, error) &&
	       (!any || pack_missing(cache_dir, objects, path, cancel, error)) &&
	       fl_states_remember(cache_dir, question, tree_id, error);
}
