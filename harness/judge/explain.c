// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of the judge.
 */
#include "judge/explain.h"

struct FlExplain {
	GPtrArray *notes;
	unsigned n_suppressed;
};

FlExplain *fl_explain_new(void)
{
	FlExplain *explain = g_new0(FlExplain, 1);

	explain->notes = g_ptr_array_new_with_free_func(g_free);
	return explain;
}

void fl_explain_free(FlExplain *explain)
{
	if (!explain)
		return;
	g_ptr_array_unref(explain->notes);
	g_free(explain);
}

static void add(FlExplain *explain, char *note)
{
	if (explain->notes->len < FL_EXPLAIN_MAX) {
		g_ptr_array_add(explain->notes, note);
		return;
	}
	explain->n_suppressed++;
	g_free(note);
}

void fl_explain_line(FlExplain *explain, const char *file, unsigned line, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	if (!explain)
		return;
	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	add(explain, line ? g_strdup_printf("%s:%u: %s", file, line, what)
			  : g_strdup_printf("%s: %s", file, what));
}

void fl_explain(FlExplain *explain, const char *format, ...)
{
	va_list args;

	if (!explain)
		return;
	va_start(args, format);
	add(explain, g_strdup_vprintf(format, args));
	va_end(args);
}

const GPtrArray *fl_explain_notes(const FlExplain *explain)
{
	return explain->notes;
}

unsigned fl_explain_suppressed(const FlExplain *explain)
{
	return explain->n_suppressed;
}
