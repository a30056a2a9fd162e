// SPDX-License-Identifier: GPL-2.0-only
/*
 * Candidates from a git repository, a folder of patches or two configurations.
 */
#include "flow/bisect_range.h"

#include "base/fs.h"
#include "kernel/kconfig.h"
#include "kernel/revisions.h"

#include <string.h>

static FlBisectRange *range_new(FlBisectKind kind)
{
	FlBisectRange *range = g_new0(FlBisectRange, 1);

	range->kind = kind;
	range->candidates =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_bisect_candidate_free);
	return range;
}

void fl_bisect_range_free(FlBisectRange *range)
{
	if (!range)
		return;
	g_ptr_array_unref(range->candidates);
	g_strfreev(range->files);
	g_free(range);
}

static FlBisectRange *checked(FlBisectRange *range, const char *what, GError **error)
{
	if (range->candidates->len >= 2 && range->candidates->len <= FL_BISECT_ENGINE_MAX)
		return range;
	g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, "%s: expected 1 to %u, found %u",
		    what, FL_BISECT_ENGINE_MAX - 1, range->candidates->len - 1);
	fl_bisect_range_free(range);
	return NULL;
}

FlBisectRange *fl_bisect_range_commits(const char *dir, const char *good, const char *bad,
				       GCancellable *cancel, GError **error)
{
	g_autoptr(GPtrArray) revisions = fl_revisions_between(dir, good, bad, cancel, error);
	FlBisectRange *range;

	if (!revisions)
		return NULL;
	range = range_new(FL_BISECT_COMMITS);
	for (guint i = 0; i < revisions->len; i++) {
		const FlRevision *revision = g_ptr_array_index(revisions, i);
		FlBisectCandidate *candidate =
			fl_bisect_candidate_new(revision->id, revision->subject);

		candidate->parents = g_array_ref(revision->parents);
		g_ptr_array_add(range->candidates, candidate);
	}
	return checked(range, "commits between the good and the bad one", error);
}

static bool is_patch(const char *name)
{
	return g_str_has_suffix(name, ".patch") || g_str_has_suffix(name, ".diff") ||
	       g_str_has_suffix(name, ".mbox");
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

FlBisectRange *fl_bisect_range_series(const char *dir, GError **error)
{
	g_autoptr(GDir) folder = g_dir_open(dir, 0, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GStrvBuilder) files = g_strv_builder_new();
	FlBisectRange *range;
	const char *name;

	if (!folder)
		return NULL;
	while ((name = g_dir_read_name(folder)))
		if (is_patch(name))
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	range = range_new(FL_BISECT_SERIES);
	g_ptr_array_add(range->candidates,
			fl_bisect_candidate_new("none", "before the first patch"));
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);

		g_strv_builder_add(files, path);
		g_ptr_array_add(range->candidates,
				fl_bisect_candidate_new(names->pdata[i], names->pdata[i]));
	}
	range->files = g_strv_builder_end(files);
	return checked(range, "patches (*.patch, *.diff, *.mbox) in the series", error);
}

/* ---- two configurations ---- */

static FlKconfigWish *wish_for(GPtrArray *wishes, const char *symbol)
{
	for (guint i = 0; i < wishes->len; i++) {
		FlKconfigWish *wish = g_ptr_array_index(wishes, i);

		if (g_str_equal(wish->symbol, symbol))
			return wish;
	}
	return NULL;
}

static GPtrArray *differing(GPtrArray *good, GPtrArray *bad)
{
	GPtrArray *symbols = g_ptr_array_new();

	for (guint i = 0; i < good->len + bad->len; i++) {
		const char *symbol = ((FlKconfigWish *)(i < good->len ? good->pdata[i]
								      : bad->pdata[i - good->len]))
					     ->symbol;
		const FlKconfigWish *a = wish_for(good, symbol), *b = wish_for(bad, symbol);

		if (a && b && (i >= good->len || g_str_equal(a->value, b->value)))
			continue;
		g_ptr_array_add(symbols, (gpointer)symbol);
	}
	g_ptr_array_sort(symbols, by_name);
	return symbols;
}

/* The good wishes with the first n differing symbols as the bad ones have them. */
static bool write_step(GPtrArray *good, GPtrArray *bad, const GPtrArray *symbols, guint n,
		       const char *path, GError **error)
{
	g_autoptr(GHashTable) changed = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) wishes = g_ptr_array_new();
	g_autofree char *text = NULL;

	for (guint i = 0; i < n; i++) {
		FlKconfigWish *wish = wish_for(bad, symbols->pdata[i]);

		g_hash_table_add(changed, symbols->pdata[i]);
		if (wish)
			g_ptr_array_add(wishes, wish);
	}
	for (guint i = 0; i < good->len; i++)
		if (!g_hash_table_contains(changed, ((FlKconfigWish *)good->pdata[i])->symbol))
			g_ptr_array_add(wishes, good->pdata[i]);
	text = fl_kconfig_text(wishes);
	return fl_fs_write(path, text, strlen(text), error);
}

static char *describe(GPtrArray *good, GPtrArray *bad, const char *symbol)
{
	const FlKconfigWish *a = wish_for(good, symbol), *b = wish_for(bad, symbol);

	return g_strdup_printf("%s: %s to %s", symbol, a ? a->value : "default",
			       b ? b->value : "default");
}

FlBisectRange *fl_bisect_range_options(const char *good_path, const char *bad_path,
				       const char *folder, GError **error)
{
	g_autoptr(GPtrArray) good = fl_kconfig_load((const char *[]){good_path, NULL}, error);
	g_autoptr(GPtrArray) bad =
		good ? fl_kconfig_load((const char *[]){bad_path, NULL}, error) : NULL;
	g_autoptr(GPtrArray) symbols = bad ? differing(good, bad) : NULL;
	g_autoptr(FlBisectRange) range = range_new(FL_BISECT_OPTIONS);
	g_autoptr(GStrvBuilder) files = g_strv_builder_new();

	if (!bad || !fl_fs_mkdir(folder, error))
		return NULL;
	for (guint n = 0; n <= symbols->len; n++) {
		g_autofree char *name = g_strdup_printf("step-%u.config", n);
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autofree char *words =
			n ? describe(good, bad, symbols->pdata[n - 1]) : g_strdup(good_path);

		if (!write_step(good, bad, symbols, n, path, error))
			return NULL;
		g_strv_builder_add(files, path);
		g_ptr_array_add(range->candidates,
				fl_bisect_candidate_new(n ? symbols->pdata[n - 1] : "none", words));
	}
	range->files = g_strv_builder_end(files);
	return checked(g_steal_pointer(&range), "options in which the two differ", error);
}

/* ---- a candidate as a kernel ---- */

static void add_all(GPtrArray *strings, const char *const *from)
{
	for (; from && *from; from++)
		g_ptr_array_add(strings, g_strdup(*from));
}

void fl_bisect_range_extra(const FlBisectRange *range, unsigned candidate, FlPrepare *extra,
			   GPtrArray **ret_strings)
{
	GPtrArray *strings = g_ptr_array_new_with_free_func(g_free);

	switch (range->kind) {
	case FL_BISECT_COMMITS:
		g_ptr_array_add(
			strings,
			g_strdup(((FlBisectCandidate *)range->candidates->pdata[candidate])->id));
		extra->revision = strings->pdata[0];
		break;
	case FL_BISECT_SERIES:
		add_all(strings, extra->patches);
		for (unsigned i = 0; i < candidate; i++)
			g_ptr_array_add(strings, g_strdup(range->files[i]));
		g_ptr_array_add(strings, NULL);
		extra->patches = (const char *const *)strings->pdata;
		break;
	case FL_BISECT_OPTIONS:
		add_all(strings, extra->fragments);
		g_ptr_array_add(strings, g_strdup(range->files[candidate]));
		g_ptr_array_add(strings, NULL);
		extra->fragments = (const char *const *)strings->pdata;
		break;
	}
	*ret_strings = strings;
}
