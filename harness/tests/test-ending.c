// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of plan/ending: every ending has a name in the evidence, and the name comes back.
 */
#include "plan/ending.h"

#include <glib.h>

static void test_names(void)
{
	FlEnding parsed;

	for (int i = FL_ENDING_UNKNOWN; i <= FL_ENDING_QEMU; i++) {
		g_assert_true(fl_ending_parse(fl_ending_name((FlEnding)i), &parsed));
		g_assert_cmpint(parsed, ==, i);
	}
	g_assert_false(fl_ending_parse("sleep", &parsed));
	g_assert_false(fl_ending_parse(NULL, &parsed));
}

static void test_whose_doing(void)
{
	g_assert_true(fl_ending_is_own(FL_ENDING_EXIT));
	g_assert_true(fl_ending_is_own(FL_ENDING_RESET));
	g_assert_false(fl_ending_is_own(FL_ENDING_SILENCE));
	g_assert_false(fl_ending_is_own(FL_ENDING_CANCELLED));
	g_assert_false(fl_ending_is_own(FL_ENDING_QEMU));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/ending/names-come-back", test_names);
	g_test_add_func("/ending/whose-doing", test_whose_doing);
	return g_test_run();
}
