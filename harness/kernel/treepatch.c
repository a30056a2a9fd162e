// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patches applied to a source state in an index of its own: no file of a tree is read or written,
 * and the same patches on the same state are applied once.
 */
#include "kernel/treepatch.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "kernel/gitrepo.h"
#include "kernel/kcache.h"
#include "kernel/patchset.h"
#include "kernel/states.h"

#include <string.h>

static void note_offsets(const char *name, const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

	for (char **line = lines; *line; line++)
		if (strstr(*line, " offset "))
			fl_log_detail("patch %s: %s", name, g_strstrip(*line));
}

static bool apply_text(const FlGitRepo *repo, const char *scratch, const char *name,
		       const char *text, GCancellable *cancel, GError **error)
{
	g_autofree char *file = g_build_filename(scratch, "patch", NULL);
	const char *apply[] = {"apply", "--cached", "--verbose", "--whitespace=nowarn", file, NULL};
	g_autofree char *output = NULL;
	g_autofree char *sentence = NULL;
	g_autoptr(GError) cause = NULL;

	if (!fl_fs_write(file, text, strlen(text), error))
		return false;
	if (fl_gitrepo_run(repo, apply, cancel, &output, &cause)) {
		note_offsets(name, output);
		return true;
	}
	if (!g_error_matches(cause, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL)) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	sentence = fl_patchset_explain(name, text, output);
	g_set_error_literal(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH, sentence);
	return false;
}

/* Of each patch: what it is called, what is applied, and its hash for people. */
typedef struct {
	char *name, *text;
	json_t *origin;
} Patch;

static void patch_free(Patch *patch)
{
	g_free(patch->name);
	g_free(patch->text);
	json_decref(patch->origin);
	g_free(patch);
}

static Patch *read_patch(const char *path, GError **error)
{
	g_autofree char *raw = NULL;
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *text = NULL;
	g_autofree char *sha256 = NULL;
	g_autoptr(GError) cause = NULL;
	Patch *patch;
	gsize len;

	if (!fl_fs_read(path, &raw, &len, &cause)) {
		g_set_error_literal(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH, cause->message);
		return NULL;
	}
	if (!fl_patchset_check(name, raw, len, &text, error))
		return NULL;
	sha256 = fl_hash_bytes(raw, len);
	patch = g_new0(Patch, 1);
	patch->origin = json_pack("{s:o, s:s}", "file", fl_json_string(path), "sha256", sha256);
	patch->name = g_steal_pointer(&name);
	patch->text = g_steal_pointer(&text);
	return patch;
}

/*
 * The index of a whole tree takes a second to make, so the last one is kept: who tries one patch
 * after the other starts from the same tree each time. Without it a run only takes that second.
 */
static void keep_start(const char *index, const char *kept)
{
	g_autofree char *dir = g_path_get_dirname(kept);
	g_autoptr(GError) error = NULL;

	if (!fl_fs_remove(dir, &error) || !fl_fs_mkdir(dir, &error) ||
	    !fl_fs_copy(index, kept, &error))
		g_debug("the index is not kept: %s", error->message);
}

static bool put_start(const char *cache_dir, const char *tree_id, const char *index,
		      GCancellable *cancel, GError **error)
{
	g_autofree char *kept = g_build_filename(cache_dir, "start", tree_id, NULL);
	const char *read[] = {"read-tree", tree_id, NULL};

	if (fl_fs_copy(kept, index, NULL))
		return true;
	if (!fl_gitrepo_run(&(FlGitRepo){.cache_dir = cache_dir, .index = index}, read, cancel,
			    NULL, error))
		return false;
	keep_start(index, kept);
	return true;
}

static bool apply_one(const char *cache_dir, FlTree *tree, const Patch *patch, const char *scratch,
		      GCancellable *cancel, GError **error)
{
	g_autofree char *index = g_build_filename(scratch, "index", NULL);
	FlGitRepo repo = {.cache_dir = cache_dir, .index = index};
	const char *write[] = {"write-tree", NULL};
	g_autofree char *id = NULL;

	/* A series goes on with the index of the patch before. */
	if (!g_file_test(index, G_FILE_TEST_EXISTS) &&
	    !put_start(cache_dir, tree->id, index, cancel, error))
		return false;
	if (!apply_text(&repo, scratch, patch->name, patch->text, cancel, error) ||
	    !fl_gitrepo_id(&repo, write, cancel, &id, error))
		return false;
	if (g_str_equal(id, tree->id)) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH,
			    "patch %s contains no change: the tree is the same after it",
			    patch->name);
		return false;
	}
	g_free(tree->id);
	tree->id = g_steal_pointer(&id);
	return true;
}

static json_t *patches_origin(GPtrArray *patches)
{
	json_t *list = json_array();

	for (guint i = 0; i < patches->len; i++) {
		const Patch *patch = g_ptr_array_index(patches, i);

		json_array_append(list, patch->origin);
	}
	return list;
}

/* The question whose answer is a patched tree: the tree before, and the bytes of n patches. */
static json_t *patch_question(const char *tree_id, GPtrArray *patches, guint n)
{
	json_t *list = json_array();

	for (guint i = 0; i < n; i++) {
		const Patch *patch = g_ptr_array_index(patches, i);

		json_array_append(list, json_object_get(patch->origin, "sha256"));
	}
	return json_pack("{s:s, s:o}", "tree", tree_id, "patches", list);
}

/* As many of the patches as were applied together before; the tree is then the one after them. */
static guint recall_longest(const char *cache_dir, FlTree *tree, GPtrArray *patches)
{
	for (guint n = patches->len; n > 0; n--) {
		g_autoptr(json_t) question = patch_question(tree->id, patches, n);
		char *id = fl_states_recall(cache_dir, question);

		if (!id)
			continue;
		g_free(tree->id);
		tree->id = id;
		return n;
	}
	return 0;
}

/* Those from the one numbered first on; start is the tree before all of them. */
static bool apply_rest(const char *cache_dir, FlTree *tree, const char *start, GPtrArray *patches,
		       guint first, const char *scratch, GCancellable *cancel, GError **error)
{
	for (guint i = first; i < patches->len; i++) {
		g_autoptr(json_t) question = patch_question(start, patches, i + 1);

		if (!apply_one(cache_dir, tree, g_ptr_array_index(patches, i), scratch, cancel,
			       error) ||
		    !fl_states_remember(cache_dir, question, tree->id, error))
			return false;
	}
	return true;
}

/* What is known costs nothing but a look. On failure the tree may be any of those in between. */
static bool apply_all(const char *cache_dir, FlTree *tree, GPtrArray *patches, GCancellable *cancel,
		      GError **error)
{
	g_autofree char *start = g_strdup(tree->id);
	guint known = recall_longest(cache_dir, tree, patches);
	g_autofree char *scratch = NULL;
	bool ok;

	if (known == patches->len)
		return true;
	scratch = fl_fs_temp_dir(cache_dir, "index", error);
	if (!scratch)
		return false;
	ok = apply_rest(cache_dir, tree, start, patches, known, scratch, cancel, error);
	if (!fl_fs_remove(scratch, NULL))
		g_debug("%s is left behind", scratch);
	return ok;
}

bool fl_treepatch_apply(const char *cache_dir, FlTree *tree, const char *const *patches,
			GCancellable *cancel, GError **error)
{
	g_autoptr(GPtrArray) read = g_ptr_array_new_with_free_func((GDestroyNotify)patch_free);
	g_autofree char *before = g_strdup(tree->id);

	for (; patches && *patches; patches++) {
		Patch *patch = read_patch(*patches, error);

		if (!patch)
			return false;
		g_ptr_array_add(read, patch);
	}
	if (!read->len)
		return true;
	if (!apply_all(cache_dir, tree, read, cancel, error)) {
		g_free(tree->id);
		tree->id = g_steal_pointer(&before);
		return false;
	}
	json_object_set_new(tree->origin, "unpatched_tree", json_string(before));
	json_object_set_new(tree->origin, "patches", patches_origin(read));
	return true;
}
