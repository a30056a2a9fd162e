// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads source states out of the cache's repository: never out of a tree, which may have moved on.
 * A file is read and compared with its unpatched self once, when its first line is asked for.
 */
#include "kernel/sources.h"

#include "kernel/published.h"

#include <git2.h>
#include <stdbool.h>

/* Generated tables are longer, and are in no stack. */
#define FILE_BYTES_MAX (4u << 20)

typedef struct {
	char **lines;
	guint n_lines;
	GHashTable *patched; /* set of line numbers */
} File;

struct FlSources {
	git_repository *repo;
	git_tree *tree;
	git_tree *unpatched; /* NULL when there were no patches */
	GHashTable *files;   /* name -> File; no lines when there is no such file */
};

static void file_free(gpointer data)
{
	File *file = data;

	g_strfreev(file->lines);
	g_hash_table_unref(file->patched);
	g_free(file);
}

static git_repository *open_repository(const char *cache_dir)
{
	g_autofree char *objects = g_build_filename(cache_dir, "source.git", "objects", NULL);
	git_repository *repo = NULL;
	git_odb *odb = NULL;

	if (git_odb_open(&odb, objects))
		return NULL;
	if (git_repository_wrap_odb(&repo, odb))
		repo = NULL;
	git_odb_free(odb);
	return repo;
}

static git_tree *find_tree(git_repository *repo, const char *id)
{
	git_tree *tree = NULL;
	git_oid oid;

	if (!id || git_oid_fromstr(&oid, id) || git_tree_lookup(&tree, repo, &oid))
		return NULL;
	return tree;
}

static const char *string_at(const json_t *object, const char *outer, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(object, outer), inner));
}

FlSources *fl_sources_open(const char *cache_dir, const char *key)
{
	FlKernel *kernel = fl_published_load(cache_dir, key);
	FlSources *sources;

	if (!kernel)
		return NULL;
	git_libgit2_init();
	sources = g_new0(FlSources, 1);
	sources->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
	sources->repo = open_repository(cache_dir);
	if (sources->repo) {
		sources->tree = find_tree(sources->repo,
					  string_at(kernel->inputs, "inputs", "source_tree"));
		sources->unpatched = find_tree(
			sources->repo, string_at(kernel->inputs, "origin", "unpatched_tree"));
	}
	fl_kcache_free(kernel);
	if (!sources->tree)
		g_clear_pointer(&sources, fl_sources_close);
	return sources;
}

void fl_sources_close(FlSources *sources)
{
	if (!sources)
		return;
	g_hash_table_unref(sources->files);
	git_tree_free(sources->unpatched);
	git_tree_free(sources->tree);
	git_repository_free(sources->repo);
	g_free(sources);
	git_libgit2_shutdown();
}

static void read_lines(const FlSources *sources, const char *name, File *file)
{
	git_tree_entry *entry = NULL;
	git_blob *blob = NULL;

	if (git_tree_entry_bypath(&entry, sources->tree, name))
		return;
	if (!git_blob_lookup(&blob, sources->repo, git_tree_entry_id(entry)) &&
	    git_blob_rawsize(blob) <= FILE_BYTES_MAX) {
		g_autofree char *text =
			g_strndup(git_blob_rawcontent(blob), (gsize)git_blob_rawsize(blob));

		file->lines = g_strsplit(text, "\n", -1);
		file->n_lines = g_strv_length(file->lines);
		/* Behind the last newline there is no line. */
		if (file->n_lines && !*file->lines[file->n_lines - 1])
			file->n_lines--;
	}
	git_blob_free(blob);
	git_tree_entry_free(entry);
}

static int note_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
		     const git_diff_line *line, void *data)
{
	(void)delta;
	(void)hunk;
	if (line->origin == GIT_DIFF_LINE_ADDITION)
		g_hash_table_add(data, GINT_TO_POINTER(line->new_lineno));
	return 0;
}

/* What the patches changed, in one file or, with NULL, in all; NULL: nothing that is known. */
static git_diff *diff_patches(const FlSources *sources, const char *name)
{
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	char *names[] = {(char *)name};
	git_diff *diff = NULL;

	options.flags |= GIT_DIFF_DISABLE_PATHSPEC_MATCH;
	options.context_lines = 0;
	if (name)
		options.pathspec = (git_strarray){names, 1};
	if (!sources->unpatched || git_diff_tree_to_tree(&diff, sources->repo, sources->unpatched,
							 sources->tree, &options))
		return NULL;
	return diff;
}

static void find_patched(const FlSources *sources, const char *name, File *file)
{
	git_diff *diff = diff_patches(sources, name);

	if (diff)
		git_diff_foreach(diff, NULL, NULL, NULL, note_line, file->patched);
	git_diff_free(diff);
}

static const File *find_file(FlSources *sources, const char *name)
{
	File *file = g_hash_table_lookup(sources->files, name);

	if (file)
		return file;
	file = g_new0(File, 1);
	file->patched = g_hash_table_new(NULL, NULL);
	read_lines(sources, name, file);
	if (file->lines)
		find_patched(sources, name, file);
	g_hash_table_insert(sources->files, g_strdup(name), file);
	return file;
}

char *fl_sources_line(FlSources *sources, const char *file, unsigned line)
{
	/* As compilers name headers that were found by a relative path. */
	const char *name = g_str_has_prefix(file, "./") ? file + 2 : file;
	const File *found = find_file(sources, name);

	if (!line || line > found->n_lines)
		return NULL;
	return g_strdup_printf(
		"%c%s", g_hash_table_contains(found->patched, GUINT_TO_POINTER(line)) ? '+' : ' ',
		found->lines[line - 1]);
}

typedef struct {
	FlSourcesChangeFn tell;
	gpointer data;
} Listener;

static int tell_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *data)
{
	const Listener *listener = data;
	unsigned first = (unsigned)hunk->new_start, n = (unsigned)hunk->new_lines;

	listener->tell(delta->new_file.path, n ? first : MAX(first, 1u), n ? n : 2, listener->data);
	return 0;
}

void fl_sources_changes(const FlSources *sources, FlSourcesChangeFn tell, gpointer data)
{
	git_diff *diff = diff_patches(sources, NULL);
	Listener listener = {tell, data};

	if (diff)
		git_diff_foreach(diff, NULL, NULL, tell_hunk, NULL, &listener);
	git_diff_free(diff);
}
