// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names and order of verdicts.
 */
#include "judge/verdict.h"

static void names_are_read_back(void)
{
	for (unsigned i = FL_VERDICT_PASS; i <= FL_VERDICT_CRASH; i++) {
		FlVerdictKind kind = FL_VERDICT_PASS;

		g_assert_true(fl_verdict_parse(fl_verdict_name((FlVerdictKind)i), &kind));
		g_assert_cmpuint(kind, ==, i);
	}
}

static void unknown_names_touch_nothing(void)
{
	FlVerdictKind kind = FL_VERDICT_HANG;

	g_assert_false(fl_verdict_parse("pass", &kind));
	g_assert_false(fl_verdict_parse(NULL, &kind));
	g_assert_cmpuint(kind, ==, FL_VERDICT_HANG);
}

static void the_worse_one_wins(void)
{
	static const FlVerdictKind order[] = {FL_VERDICT_PASS, FL_VERDICT_SKIP, FL_VERDICT_BROKEN,
					      FL_VERDICT_FAIL, FL_VERDICT_HANG, FL_VERDICT_CRASH};

	for (size_t i = 1; i < G_N_ELEMENTS(order); i++) {
		g_assert_cmpuint(fl_verdict_worse(order[i - 1], order[i]), ==, order[i]);
		g_assert_cmpuint(fl_verdict_worse(order[i], order[i - 1]), ==, order[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/verdict/names-are-read-back", names_are_read_back);
	g_test_add_func("/verdict/unknown-names-touch-nothing", unknown_names_touch_nothing);
	g_test_add_func("/verdict/the-worse-one-wins", the_worse_one_wins);
	return g_test_run();
}
