// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two traces of one guest. Compares files of the evidence, and boots once more where they differ.
 */
#include "flow/retrace.h"

#include "base/log.h"
#include "flow/pool.h"
#include "flow/tracing.h"

#define SECOND_PASS "second-pass"

static FlTrace *load(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FL_RUNDIR_TRACE, NULL);

	return fl_trace_load(path, error);
}

static GArray *load_blocks(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FL_RUNDIR_TRACE_BLOCKS, NULL);

	/* A guest that ended before that interval left none. */
	return g_file_test(path, G_FILE_TEST_EXISTS) ? fl_trace_blocks(path, error)
						     : g_array_new(FALSE, FALSE, sizeof(uint64_t));
}

/* The same guest again, below the folder of the first pass; ret_blocks: those of the interval. */
static bool pass_again(const FlTrialSetup *setup, const char *now_dir, size_t interval,
		       GArray **ret_blocks, GError **error)
{
	FlRundir below = {.path = (char *)now_dir};
	g_autofree char *dir = g_build_filename(now_dir, SECOND_PASS, NULL);
	FlTrialTrace trace = {.keeps_blocks = true, .interval = interval};
	FlTrialSetup again = *setup;

	again.rundir = &below;
	again.trace = &trace;
	again.until = NULL;
	again.gdb = false;
	again.events = (FlTrialEvents){0};
	g_free(again.guest->label);
	again.guest->label = g_strdup(SECOND_PASS);
	fl_log_step("the traces differ: a second pass for the first block that does");
	if (!fl_pool_run(&again, 1, 1, false, setup->site->cancel, error))
		return false;
	*ret_blocks = load_blocks(dir, error);
	return *ret_blocks != NULL;
}

static char *place_at(const FlGuestRecord *guest, const GArray *blocks, size_t index)
{
	return index < blocks->len ? fl_tracing_place(guest, g_array_index(blocks, uint64_t, index))
				   : NULL;
}

/* Without then's blocks the interval is all that is known; it begins where both still agree. */
static void name_block(const FlGuestRecord *guest, const GArray *then, const GArray *now,
		       const FlTraceRecord *from, FlRetrace *retrace)
{
	size_t index = retrace->exact ? fl_trace_part(then, now) : 0;

	retrace->at = fl_trace_before(now, from, index);
	retrace->now = place_at(guest, now, index);
	if (retrace->exact)
		retrace->then = place_at(guest, then, index);
}

static bool find_block(const FlTrialSetup *setup, const FlTrace *then, const char *now_dir,
		       const FlTraceDifference *found, FlRetrace *retrace, GError **error)
{
	g_autoptr(GArray) now_blocks = load_blocks(now_dir, error);
	g_autoptr(GArray) blocks = NULL;

	if (!now_blocks || !pass_again(setup, now_dir, found->interval, &blocks, error))
		return false;
	if (found->interval < then->n)
		retrace->exact =
			fl_trace_leads(blocks, &found->last, &then->records[found->interval]);
	name_block(setup->guest, blocks, now_blocks, &found->last, retrace);
	return true;
}

bool fl_retrace(const FlTrialSetup *setup, const char *then_dir, const char *now_dir, bool cut,
		FlRetrace *ret_retrace, GError **error)
{
	g_autoptr(FlTrace) then = load(then_dir, error);
	g_autoptr(FlTrace) now = then ? load(now_dir, error) : NULL;
	FlRetrace retrace = {.compared = true};
	FlTraceDifference found;

	if (!now)
		return false;
	found = fl_trace_compare(then, now);
	retrace.total = fl_trace_total(now);
	retrace.same = found.same || (cut && found.prefix);
	if (!retrace.same && !find_block(setup, then, now_dir, &found, &retrace, error))
		return false;
	*ret_retrace = retrace;
	return true;
}

void fl_retrace_clear(FlRetrace *retrace)
{
	g_free(retrace->then);
	g_free(retrace->now);
	*retrace = (FlRetrace){0};
}
