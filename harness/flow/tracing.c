// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the kernel room what the patches wrote and the judge room where that is in memory.
 */
#include "flow/tracing.h"

#include "base/fs.h"
#include "flow/site.h"
#include "judge/kimage.h"
#include "judge/patch_order.h"
#include "judge/symbolize.h"
#include "judge/trace.h"
#include "kernel/sources.h"
#include "store/rundir.h"

#include <string.h>

/* Addresses from here on are the kernel's. */
#define KERNEL_HALF UINT64_C(0xffff800000000000)

/* The functions around an instruction, the innermost first; empty: it is in none of vmlinux. */
static char **frames_at(const FlKimage *image, FlSymbolize *symbols, uint64_t address)
{
	char **frames = g_new0(char *, 2);

	frames[0] = fl_kimage_frame(image, address);
	if (frames[0])
		fl_symbolize_frames(symbols, &frames, true);
	return frames;
}

static bool is_place(const char *file, unsigned line, gpointer data)
{
	g_autofree char *place = g_strdup_printf("%s:%u", file, line);

	return g_hash_table_contains(data, place);
}

/* Of the functions around an instruction the one that such a line is in: it may have called others. */
static char *patched_frame(char *const *frames, GHashTable *places)
{
	for (; *frames; frames++) {
		g_autofree char *file = NULL;
		unsigned line;

		if (fl_symbolize_place(*frames, &file, &line) && is_place(file, line, places))
			return g_strdup(*frames);
	}
	return NULL;
}

static GHashTable *name_addresses(const FlKimage *image, FlSymbolize *symbols,
				  const GArray *addresses, GHashTable *places)
{
	GHashTable *names = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);

	for (guint i = 0; i < addresses->len; i++) {
		uint64_t address = g_array_index(addresses, uint64_t, i);
		g_auto(GStrv) frames = frames_at(image, symbols, address);
		char *frame = patched_frame(frames, places);

		if (frame)
			g_hash_table_insert(names, g_memdup2(&address, sizeof(address)), frame);
	}
	return names;
}

static void note_change(const char *file, unsigned first, unsigned n, gpointer data)
{
	for (unsigned line = first; line < first + n; line++)
		g_hash_table_add(data, g_strdup_printf("%s:%u", file, line));
}

FlTracing *fl_tracing_new(const FlGuestRecord *guest, const char *cache_dir, GError **error)
{
	g_autoptr(FlSources) sources = guest->key ? fl_sources_open(cache_dir, guest->key) : NULL;
	g_autoptr(FlSymbolize) symbols = NULL;
	g_autoptr(FlKimage) image = NULL;
	g_autoptr(GHashTable) places = NULL;
	FlTracing *tracing;

	if (!sources || !guest->vmlinux) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_EVIDENCE,
			    "--trace: what the patches of %s wrote is not known: expected its "
			    "source and its symbols in %s",
			    guest->name, cache_dir);
		return NULL;
	}
	symbols = fl_symbolize_open(guest->vmlinux, NULL, error);
	image = symbols ? fl_kimage_open(guest->vmlinux, NULL, error) : NULL;
	if (!image)
		return NULL;
	places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	fl_sources_changes(sources, note_change, places);
	tracing = g_new0(FlTracing, 1);
	tracing->addresses = fl_symbolize_addresses(symbols, is_place, places);
	tracing->frames = name_addresses(image, symbols, tracing->addresses, places);
	return tracing;
}

void fl_tracing_free(FlTracing *tracing)
{
	if (!tracing)
		return;
	g_array_unref(tracing->addresses);
	g_hash_table_unref(tracing->frames);
	g_free(tracing);
}

bool fl_tracing_order(const FlTracing *tracing, const char *dir, GPtrArray **ret_functions,
		      GError **error)
{
	g_autofree char *path = g_build_filename(dir, FL_RUNDIR_TRACE_EVENTS, NULL);
	g_autofree char *order = g_build_filename(dir, FL_RUNDIR_PATCH_ORDER, NULL);
	g_autoptr(GArray) events = fl_trace_events(path, error);
	g_autofree char *text = NULL;

	if (!events)
		return false;
	text = fl_patch_order_text(events, tracing->frames);
	if (!fl_fs_write(order, text, strlen(text), error))
		return false;
	*ret_functions = fl_patch_order(events, tracing->frames);
	return true;
}

static char *frame_of(const FlGuestRecord *guest, uint64_t address)
{
	g_autoptr(FlSymbolize) symbols =
		guest->vmlinux ? fl_symbolize_open(guest->vmlinux, NULL, NULL) : NULL;
	g_autoptr(FlKimage) image = symbols ? fl_kimage_open(guest->vmlinux, NULL, NULL) : NULL;
	g_auto(GStrv) frames = image ? frames_at(image, symbols, address) : NULL;

	return frames ? g_strdup(frames[0]) : NULL;
}

char *fl_tracing_place(const FlGuestRecord *guest, uint64_t word)
{
	uint64_t address = fl_format_pc(word);
	g_autofree char *frame = frame_of(guest, address);

	if (frame)
		return g_strdup_printf("vCPU %u, %s", fl_format_vcpu(word), frame);
	return g_strdup_printf("vCPU %u, %s at %#" G_GINT64_MODIFIER "x", fl_format_vcpu(word),
			       address >= KERNEL_HALF ? "a module or early code" : "a program",
			       address);
}
