/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Something of a caller that lasts until a line, or so many lines: what stands before a report's header
 * ("cut here", "====="), and what a rule of [ignore] lets pass.
 */
#pragma once

#include "judge/lines.h"
#include "judge/pattern.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	bool active;
	bool gap;      /* lines are missing in it */
	bool promised; /* it was "cut here": a header must follow */
	bool once;     /* a bracket for one stack */
	bool whole;    /* ... for one report */
	uint32_t caller;
	unsigned left;
	const FlPattern *until;
	unsigned first_line;
	uint64_t stamp_us;
} FlSpan;

/* More callers than that do not begin reports at once. */
#define FL_SPANS_MAX 16

/* At most one a caller. */
typedef struct {
	FlSpan all[FL_SPANS_MAX];
	unsigned n; /* those that may be active come first */
} FlSpans;

/* Whether the line's caller is in it. */
bool fl_span_holds(const FlSpan *span, const FlLine *line);

/* Counts a line of its caller; whether the span is over by it. */
bool fl_span_is_over(FlSpan *span, const FlLine *line);

/* The span of the line's caller, or NULL. */
FlSpan *fl_spans_of(FlSpans *spans, const FlLine *line);

/* Where a new one of the line's caller goes: what is active there ends by it. */
FlSpan *fl_spans_place(FlSpans *spans, const FlLine *line);
