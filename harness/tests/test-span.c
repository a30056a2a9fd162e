// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spans belong to one caller and end by themselves.
 */
#include "judge/span.h"

#include <string.h>

static FlLine line_of(uint32_t caller, const char *text)
{
	return (FlLine){.text = text, .len = strlen(text), .caller = caller};
}

static void only_lines_of_its_caller_count(void)
{
	FlSpan span = {.active = true, .caller = 1, .left = 1};
	FlLine mine = line_of(1, "mine"), other = line_of(2, "other");

	g_assert_false(fl_span_is_over(&span, &other));
	g_assert_false(fl_span_is_over(&span, &mine));
	g_assert_false(fl_span_is_over(&span, &other));
	g_assert_true(fl_span_is_over(&span, &mine));
}

static void it_ends_at_its_line(void)
{
	FlPattern *until = fl_pattern_new("^the end", false, NULL);
	FlSpan span = {.active = true, .caller = 1, .left = 100, .until = until};
	FlLine within = line_of(1, "not the end"), end = line_of(1, "the end of it");

	g_assert_false(fl_span_is_over(&span, &within));
	g_assert_true(fl_span_is_over(&span, &end));
	fl_pattern_free(until);
}

static void a_caller_has_one(void)
{
	FlSpans spans = {0};
	FlLine line = line_of(7, "");
	FlSpan *place = fl_spans_place(&spans, &line);

	g_assert_null(fl_spans_of(&spans, &line));
	*place = (FlSpan){.active = true, .caller = 7};
	g_assert_true(fl_spans_of(&spans, &line) == place);
	g_assert_true(fl_spans_place(&spans, &line) == place);
}

static void there_is_always_a_place(void)
{
	FlSpans spans = {0};
	FlLine freed = line_of(3, "");

	for (uint32_t caller = 0; caller < FL_SPANS_MAX; caller++) {
		FlLine line = line_of(caller, "");

		*fl_spans_place(&spans, &line) = (FlSpan){.active = true, .caller = caller};
	}
	for (uint32_t caller = 100; caller < 103; caller++) {
		FlLine line = line_of(caller, "");

		g_assert_nonnull(fl_spans_place(&spans, &line));
	}
	fl_spans_of(&spans, &freed)->active = false;
	g_assert_true(fl_spans_place(&spans, &freed) == &spans.all[3]);
	g_assert_cmpuint(spans.n, ==, FL_SPANS_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/span/only-lines-of-its-caller-count", only_lines_of_its_caller_count);
	g_test_add_func("/span/it-ends-at-its-line", it_ends_at_its_line);
	g_test_add_func("/span/a-caller-has-one", a_caller_has_one);
	g_test_add_func("/span/there-is-always-a-place", there_is_always_a_place);
	return g_test_run();
}
