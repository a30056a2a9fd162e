// SPDX-License-Identifier: GPL-2.0-only
/*
 * From watched instructions to the functions that they are in. What is inlined is a function like
 * any other: the one whose source the line is in.
 */
#include "judge/patch_order.h"

#include "plugin/format.h"

#include <string.h>

static void function_free(gpointer data)
{
	FlPatchFunction *function = data;

	g_free(function->name);
	g_free(function->place);
	g_free(function);
}

static char *function_of(const char *frame)
{
	return g_strndup(frame, strcspn(frame, " +"));
}

static char *place_of(const char *frame)
{
	const char *place = strchr(frame, ' ');

	return place ? g_strndup(place + 1, strcspn(place + 1, " ")) : g_strdup("");
}

static FlPatchFunction *find_function(GPtrArray *functions, const char *frame)
{
	g_autofree char *name = function_of(frame);
	FlPatchFunction *function;

	for (guint i = 0; i < functions->len; i++) {
		function = g_ptr_array_index(functions, i);
		if (strcmp(function->name, name) == 0)
			return function;
	}
	function = g_new0(FlPatchFunction, 1);
	function->name = g_steal_pointer(&name);
	function->place = place_of(frame);
	g_ptr_array_add(functions, function);
	return function;
}

static const char *frame_of(GHashTable *frames, const FlTraceEvent *event)
{
	uint64_t pc = fl_format_pc(event->word);

	return g_hash_table_lookup(frames, &pc);
}

/* How often each address ran, by the address. */
static uint64_t count(GHashTable *counts, uint64_t pc)
{
	uint64_t *n = g_hash_table_lookup(counts, &pc);

	if (!n) {
		n = g_new0(uint64_t, 1);
		g_hash_table_insert(counts, g_memdup2(&pc, sizeof(pc)), n);
	}
	return ++*n;
}

static void note(GPtrArray *functions, GHashTable *counts, GHashTable *frames,
		 const FlTraceEvent *event)
{
	const char *frame = frame_of(frames, event);
	uint64_t n = count(counts, fl_format_pc(event->word));
	FlPatchFunction *function;

	if (!frame)
		return;
	function = find_function(functions, frame);
	if (!function->times) {
		function->first_vcpu = fl_format_vcpu(event->word);
		function->first_instruction = event->instructions;
	}
	function->times = MAX(function->times, n);
	function->vcpus |= 1u << fl_format_vcpu(event->word);
}

static void add_those_that_did_not_run(GPtrArray *functions, GHashTable *frames)
{
	g_autoptr(GList) sorted =
		g_list_sort(g_hash_table_get_values(frames), (GCompareFunc)strcmp);

	for (const GList *frame = sorted; frame; frame = frame->next)
		find_function(functions, frame->data);
}

GPtrArray *fl_patch_order(const GArray *events, GHashTable *frames)
{
	GPtrArray *functions = g_ptr_array_new_with_free_func(function_free);
	g_autoptr(GHashTable) counts =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);

	for (guint i = 0; i < events->len; i++)
		note(functions, counts, frames, &g_array_index(events, FlTraceEvent, i));
	add_those_that_did_not_run(functions, frames);
	return functions;
}

char *fl_patch_order_text(const GArray *events, GHashTable *frames)
{
	GString *text = g_string_new("# instructions executed before, vCPU, function and place\n");
	g_autofree char *last = NULL;
	unsigned last_vcpu = 0;

	for (guint i = 0; i < events->len; i++) {
		const FlTraceEvent *event = &g_array_index(events, FlTraceEvent, i);
		const char *frame = frame_of(frames, event);
		g_autofree char *name = frame ? function_of(frame) : NULL;
		unsigned vcpu = fl_format_vcpu(event->word);

		if (!frame || (vcpu == last_vcpu && g_strcmp0(name, last) == 0))
			continue;
		g_string_append_printf(text, "%12" G_GUINT64_FORMAT " %u %s\n", event->instructions,
				       vcpu, frame);
		g_free(last);
		last = g_steal_pointer(&name);
		last_vcpu = vcpu;
	}
	if (events->len >= FL_TRACE_EVENTS_MAX)
		g_string_append(text, "# and more, which were not kept\n");
	return g_string_free(text, FALSE);
}
