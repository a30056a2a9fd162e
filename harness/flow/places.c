// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins the lines that the kernel room knows to the code that the judge's debug information knows.
 */
#include "flow/places.h"

#include "base/fs.h"
#include "judge/symbolize.h"
#include "kernel/sources.h"
#include "plan/yields.h"

#include <fl_wire.h>
#include <string.h>

#define FUNCTIONS  "configs/yields/fault-path.list"
#define NEIGHBOURS 3u /* lines on each side of a change */
#define NEEDS	   "CONFIG_KRETPROBES"

typedef struct {
	unsigned first, last;
} Range;

/* files: name to GArray of Range */
static void note_change(const char *file, unsigned first, unsigned n, gpointer data)
{
	GHashTable *files = data;
	GArray *ranges = g_hash_table_lookup(files, file);
	Range range = {first > NEIGHBOURS ? first - NEIGHBOURS : 1, first + n - 1 + NEIGHBOURS};

	if (!ranges) {
		ranges = g_array_new(FALSE, FALSE, sizeof(Range));
		g_hash_table_insert(files, g_strdup(file), ranges);
	}
	g_array_append_val(ranges, range);
}

static bool is_near(const char *file, unsigned line, gpointer data)
{
	const GArray *ranges = g_hash_table_lookup(data, file);

	for (guint i = 0; ranges && i < ranges->len; i++) {
		const Range *range = &g_array_index(ranges, Range, i);

		if (line >= range->first && line <= range->last)
			return true;
	}
	return false;
}

/* The driver has no room for a longer name. */
static char **without_long_names(char **places)
{
	unsigned kept = 0;

	for (unsigned i = 0; places[i]; i++) {
		if (strcspn(places[i], "+") <= FL_WIRE_SYMBOL_MAX)
			places[kept++] = places[i];
		else
			g_free(places[i]);
	}
	places[kept] = NULL;
	return places;
}

/* NULL: no patch of this kernel changed any code. */
static char **patched_places(const FlSite *site, const FlKernel *kernel, GError **error)
{
	g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
							    (GDestroyNotify)g_array_unref);
	g_autoptr(FlSources) sources = fl_sources_open(site->cache_dir, kernel->key);
	g_autoptr(FlSymbolize) symbols = NULL;
	char **places;

	if (sources)
		fl_sources_changes(sources, note_change, files);
	if (!g_hash_table_size(files))
		return NULL;
	symbols = fl_symbolize_open(kernel->vmlinux, NULL, error);
	if (!symbols)
		return NULL;
	places = without_long_names(fl_symbolize_code(symbols, is_near, files));
	if (!*places)
		g_clear_pointer(&places, g_strfreev);
	return places;
}

char **fl_places_functions(const char *text)
{
	g_autoptr(GStrvBuilder) places = g_strv_builder_new();
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_autofree char *place = NULL;

		(*line)[strcspn(*line, "#")] = '\0';
		g_strstrip(*line);
		if (!**line)
			continue;
		place = g_strconcat(*line, "+0x0", NULL);
		g_strv_builder_add(places, place);
	}
	return g_strv_builder_end(places);
}

static char **listed_places(const FlSite *site, GError **error)
{
	g_autofree char *path = fl_site_path(site, FUNCTIONS);
	g_autofree char *text = NULL;

	return fl_fs_read(path, &text, NULL, error) ? fl_places_functions(text) : NULL;
}

char **fl_places(const FlSite *site, const FlKernel *kernel, GError **error)
{
	g_autoptr(GError) own = NULL;
	char **places;

	if (!kernel->modules || !fl_kcache_has_option(kernel->config, NEEDS)) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "--strategy points needs a kernel of our own with " NEEDS
			    "; --strategy none does without");
		return NULL;
	}
	places = patched_places(site, kernel, &own);
	if (own) {
		g_propagate_error(error, g_steal_pointer(&own));
		return NULL;
	}
	if (!places)
		places = listed_places(site, error);
	return places ? fl_yields_thin(places, FL_WIRE_YIELDS_MAX) : NULL;
}
