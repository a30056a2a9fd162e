/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace of a deterministic guest as the plugin in QEMU wrote it (plugin/format.h), and where two
 * of them part.
 */
#pragma once

#include "plugin/format.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
	FlTraceRecord *records;
	size_t n;
	bool complete; /* the guest came to its own end: the last record is of its last block */
} FlTrace;

FlTrace *fl_trace_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_trace_free(FlTrace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlTrace, fl_trace_free)

/* What a guest had executed when it ended, or was killed. */
FlTraceRecord fl_trace_total(const FlTrace *trace);

typedef struct {
	bool same;	 /* to the last block of both */
	bool prefix;	 /* the shorter one, as far as it is known, is the beginning of the other */
	size_t interval; /* the first whose checkpoints differ, from 0 */
	FlTraceRecord last; /* the last checkpoint that is the same */
} FlTraceDifference;

FlTraceDifference fl_trace_compare(const FlTrace *before, const FlTrace *now);

/* The words of one interval's blocks, of uint64_t, as the plugin kept them; caller unrefs. */
GArray *fl_trace_blocks(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether these blocks lead from one checkpoint to the other. */
bool fl_trace_leads(const GArray *blocks, const FlTraceRecord *from, const FlTraceRecord *to);

/* The index of the first block that differs; that of the end of the shorter one when none does. */
size_t fl_trace_part(const GArray *before, const GArray *now);

/* What was executed before block `index` of an interval that begins at `from`. */
FlTraceRecord fl_trace_before(const GArray *blocks, const FlTraceRecord *from, size_t index);

/* Of FlTraceEvent, in the order in which they ran; caller unrefs. */
GArray *fl_trace_events(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
