// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of git that cost something, remembered in `<cache>/states/`: one small file each, named
 * by the hash of the question. Losing them costs time, never correctness.
 */
#include "kernel/states.h"

#include "base/fs.h"
#include "base/hash.h"

#include <string.h>

static char *state_path(const char *cache_dir, const json_t *question)
{
	g_autofree char *hash = fl_hash_json(question);

	return g_build_filename(cache_dir, "states", hash, NULL);
}

char *fl_states_recall(const char *cache_dir, const json_t *question)
{
	g_autofree char *path = state_path(cache_dir, question);
	g_autofree char *id = NULL;

	if (!g_file_get_contents(path, &id, NULL, NULL))
		return NULL;
	g_strstrip(id);
	return strlen(id) == 40 ? g_steal_pointer(&id) : NULL;
}

bool fl_states_remember(const char *cache_dir, const json_t *question, const char *id,
			GError **error)
{
	g_autofree char *path = state_path(cache_dir, question);
	g_autofree char *dir = g_path_get_dirname(path);

	return fl_fs_mkdir(dir, error) && fl_fs_write(path, id, strlen(id), error);
}
