// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs kconfig: tinyconfig, the wishes of the fragments, olddefconfig, and a check of every wish.
 * Finished configurations are kept in `<cache>/configs/`, named by what they depend on.
 */
#include "kernel/kresolve.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "kernel/gitrepo.h"
#include "kernel/kconfig.h"
#include "kernel/objtree.h"
#include "kernel/worktree.h"

#include <string.h>

/* Whether the outcome of kconfig may depend on a file of the tree. */
static bool matters_to_kconfig(const char *path)
{
	static const char *const folders[] = {"scripts/", "kernel/configs/", "arch/x86/configs/"};
	const char *base = strrchr(path, '/');

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (g_str_has_prefix(path, folders[i]))
			return true;
	return g_str_has_prefix(base ? base + 1 : path, "Kconfig") ||
	       g_str_equal(path, "Makefile") || g_str_equal(path, "arch/x86/Makefile");
}

/* A line of ls-files: "mode id stage<TAB>path". */
static void digest_entry(const char *line, gpointer data)
{
	const char *tab = strchr(line, '\t');

	if (tab && matters_to_kconfig(tab + 1))
		g_checksum_update(data, (const guchar *)line, (gssize)strlen(line));
}

/* Two states with the same Kconfig files have the same configuration: it is made once for them. */
static char *config_key(const FlKbuild *build, GCancellable *cancel, GError **error)
{
	g_autoptr(GChecksum) digest = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *text = fl_kconfig_text(build->wishes);
	g_autofree char *index = fl_worktree_index(build->cache_dir);
	const char *args[] = {"ls-files", "--stage", NULL};
	FlGitRepo repo = {.cache_dir = build->cache_dir,
			  .index = index,
			  .on_line = digest_entry,
			  .on_line_data = digest};
	g_autoptr(json_t) inputs = NULL;

	if (!fl_gitrepo_run(&repo, args, cancel, NULL, error))
		return NULL;
	inputs = json_pack("{s:s, s:s, s:s}", "kconfig", g_checksum_get_string(digest), "wishes",
			   text, "toolchain", build->toolchain);
	return fl_hash_json(inputs);
}

static void note_symbol(const char *line, gpointer data)
{
	g_auto(GStrv) words = g_regex_split_simple("\\s+", line, 0, 0);

	if (g_strv_length(words) > 1)
		g_hash_table_add(data, g_strdup(words[1]));
}

/* Which of the lost symbols some Kconfig of the work tree defines. */
static GHashTable *known_symbols(const FlKbuild *build, GPtrArray *lost, GCancellable *cancel)
{
	GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) pattern = g_string_new("^(menu)?config[[:space:]]+(");
	const char *args[] = {"grep",	      "-h", "-E",	 "-e", NULL,
			      build->tree_id, "--", "*Kconfig*", NULL};
	FlGitRepo repo = {
		.cache_dir = build->cache_dir, .on_line = note_symbol, .on_line_data = known};

	for (guint i = 0; i < lost->len; i++) {
		const FlKconfigWish *wish = g_ptr_array_index(lost, i);

		g_string_append_printf(pattern, "%s%s", i ? "|" : "",
				       wish->symbol + strlen("CONFIG_"));
	}
	g_string_append(pattern, ")[[:space:]]*$");
	args[4] = pattern->str;
	/* git grep fails when it finds nothing: then nothing is known. */
	if (!fl_gitrepo_run(&repo, args, cancel, NULL, NULL))
		g_debug("none of the symbols is known");
	return known;
}

static bool check_wishes(const FlKbuild *build, const char *config, GCancellable *cancel,
			 GError **error)
{
	g_autoptr(GPtrArray) lost = fl_kconfig_lost(build->wishes, config);
	g_autoptr(GHashTable) known = NULL;

	if (!lost->len)
		return true;
	known = known_symbols(build, lost, cancel);
	fl_kconfig_set_error(lost, config, known, error);
	return false;
}

static bool append_wishes(const char *path, GPtrArray *wishes, GError **error)
{
	g_autofree char *config = NULL;
	g_autofree char *text = fl_kconfig_text(wishes);
	g_autofree char *whole = NULL;

	if (!fl_fs_read(path, &config, NULL, error))
		return false;
	whole = g_strconcat(config, text, NULL);
	return fl_fs_write(path, whole, strlen(whole), error);
}

/* tinyconfig, the wishes, olddefconfig; in a folder of its own, so that no object tree is touched. */
static bool make_config(const FlKbuild *build, GCancellable *cancel, char **ret_config,
			GError **error)
{
	g_autofree char *dir = g_build_filename(build->cache_dir, "work", "kconfig", NULL);
	g_autofree char *path = g_build_filename(dir, ".config", NULL);
	g_autofree char *config = NULL;
	const char *tiny[] = {"tinyconfig", NULL};
	const char *old[] = {"olddefconfig", NULL};
	FlKmake make = {.cache_dir = build->cache_dir,
			.name = build->name,
			.obj = dir,
			.targets = tiny,
			.log_path = build->log_path,
			.doing = "configuring",
			.jobs = 1};

	if (!fl_objtree_begin(dir, error) || !fl_objtree_make(&make, cancel, NULL, error) ||
	    !append_wishes(path, build->wishes, error))
		return false;
	make.targets = old;
	if (!fl_objtree_begin(dir, error) || !fl_objtree_make(&make, cancel, NULL, error) ||
	    !fl_fs_read(path, &config, NULL, error) || !check_wishes(build, config, cancel, error))
		return false;
	*ret_config = g_steal_pointer(&config);
	return true;
}

bool fl_kresolve_config(const FlKbuild *build, GCancellable *cancel, char **ret_config,
			GError **error)
{
	g_autofree char *key = config_key(build, cancel, error);
	g_autofree char *dir = g_build_filename(build->cache_dir, "configs", NULL);
	g_autofree char *path = NULL;

	if (!key || !fl_fs_mkdir(dir, error))
		return false;
	path = g_build_filename(dir, key, NULL);
	if (g_file_get_contents(path, ret_config, NULL, NULL))
		return true;
	if (!make_config(build, cancel, ret_config, error))
		return false;
	return fl_fs_write(path, *ret_config, strlen(*ret_config), error);
}
