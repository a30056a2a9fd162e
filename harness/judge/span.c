// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spans end by themselves, so that nothing of an earlier report holds for a much later line.
 */
#include "judge/span.h"

bool fl_span_holds(const FlSpan *span, const FlLine *line)
{
	return span->active && span->caller == line->caller;
}

bool fl_span_is_over(FlSpan *span, const FlLine *line)
{
	return fl_span_holds(span, line) &&
	       (span->left-- == 0 ||
		(span->until && fl_pattern_matches(span->until, line->text, line->len)));
}

FlSpan *fl_spans_of(FlSpans *spans, const FlLine *line)
{
	for (unsigned i = 0; i < spans->n; i++) {
		if (fl_span_holds(&spans->all[i], line))
			return &spans->all[i];
	}
	return NULL;
}

static FlSpan *free_place(FlSpans *spans)
{
	for (unsigned i = 0; i < spans->n; i++) {
		if (!spans->all[i].active)
			return &spans->all[i];
	}
	return spans->n < FL_SPANS_MAX ? &spans->all[spans->n++] : &spans->all[0];
}

FlSpan *fl_spans_place(FlSpans *spans, const FlLine *line)
{
	FlSpan *mine = fl_spans_of(spans, line);

	return mine ? mine : free_place(spans);
}
