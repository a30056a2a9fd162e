/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a verdict is what it is: what the judge made of which line, in the order in which it took
 * notice. Decides nothing.
 *
 * Every function takes NULL for "nobody asked", and then does nothing.
 */
#pragma once

#include <glib.h>

/* Further notes are only counted. */
#define FL_EXPLAIN_MAX 20000

typedef struct FlExplain FlExplain;

FlExplain *fl_explain_new(void);
void fl_explain_free(FlExplain *explain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlExplain, fl_explain_free)

/* "serial.log:812: ..."; line 0: the file has no lines that could be counted. */
void fl_explain_line(FlExplain *explain, const char *file, unsigned line, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* What was concluded from no single line. */
void fl_explain(FlExplain *explain, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Of char *, owned by it. The bytes are the guest's: print them as such. */
const GPtrArray *fl_explain_notes(const FlExplain *explain);
unsigned fl_explain_suppressed(const FlExplain *explain);
