// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/explain: notes keep their order and name their line, nobody asked means nothing
 * done, and a log of nothing but reports does not fill the memory.
 */
#include "judge/explain.h"

static void test_notes_in_order(void)
{
	g_autoptr(FlExplain) explain = fl_explain_new();
	const GPtrArray *notes = fl_explain_notes(explain);

	fl_explain_line(explain, "serial.log", 812, "[splat %s] begins", "oops");
	fl_explain_line(explain, "the kernel's log", 0, "a record");
	fl_explain(explain, "verdict: %s", "CRASH");
	g_assert_cmpuint(notes->len, ==, 3);
	g_assert_cmpstr(notes->pdata[0], ==, "serial.log:812: [splat oops] begins");
	g_assert_cmpstr(notes->pdata[1], ==, "the kernel's log: a record");
	g_assert_cmpstr(notes->pdata[2], ==, "verdict: CRASH");
}

static void test_nobody_asked(void)
{
	fl_explain_line(NULL, "serial.log", 1, "nothing");
	fl_explain(NULL, "nothing");
	fl_explain_free(NULL);
}

static void test_too_many_are_counted(void)
{
	g_autoptr(FlExplain) explain = fl_explain_new();

	for (unsigned i = 0; i < FL_EXPLAIN_MAX + 7; i++)
		fl_explain(explain, "note %u", i);
	g_assert_cmpuint(fl_explain_notes(explain)->len, ==, FL_EXPLAIN_MAX);
	g_assert_cmpuint(fl_explain_suppressed(explain), ==, 7);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/explain/notes-in-order", test_notes_in_order);
	g_test_add_func("/explain/nobody-asked", test_nobody_asked);
	g_test_add_func("/explain/too-many-are-counted", test_too_many_are_counted);
	return g_test_run();
}
