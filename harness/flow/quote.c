// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the kernel room for the lines that the judge's frames name.
 */
#include "flow/quote.h"

#include "judge/symbolize.h"
#include "kernel/sources.h"

static char *quote_frame(FlSources *sources, const char *frame)
{
	g_autofree char *file = NULL;
	char *text = NULL;
	unsigned line;

	if (fl_symbolize_place(frame, &file, &line))
		text = fl_sources_line(sources, file, line);
	return text ? text : g_strdup("");
}

static void quote_splat(FlSources *sources, FlSplat *splat)
{
	g_autoptr(GStrvBuilder) lines = g_strv_builder_new();

	for (char **frame = splat->frames; frame && *frame; frame++) {
		g_autofree char *line = quote_frame(sources, *frame);

		g_strv_builder_add(lines, line);
	}
	g_strfreev(splat->source);
	splat->source = g_strv_builder_end(lines);
}

void fl_quote(const FlGuestRecord *guest, const char *cache_dir)
{
	g_autoptr(FlSources) sources = NULL;

	if (!guest->key || !guest->verdict->splats->len)
		return;
	sources = fl_sources_open(cache_dir, guest->key);
	for (guint i = 0; sources && i < guest->verdict->splats->len; i++)
		quote_splat(sources, g_ptr_array_index(guest->verdict->splats, i));
}
