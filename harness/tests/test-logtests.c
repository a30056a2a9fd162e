// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/logtests: nothing counts before a version line, every stream is weighed by
 * itself, and what is missing in one is told. Whole logs are in judge-cases/bare-k*.
 */
#include "judge/logtests.h"

static const struct {
	const char *log, *results, *problem;
} cases[] = {
	{"", "", NULL},
	{"ok 1 a\nnot ok 2 b\n1..2", "", NULL},
	{"    KTAP version 1\n    1..1\n    ok 1 nested", "", NULL},
	{"ok 1 early\nKTAP version 1\n1..1\nok 1 a", "a PASS; ", NULL},
	{"KTAP version 1\n1..1\nok 1 a\nTAP version 13\n1..1\nnot ok 1 b", "a PASS; b FAIL; ",
	 NULL},
	{"KTAP version 1\n1..2\nok 1 a\nKTAP version 1\n1..1\nok 1 b", "a PASS; b PASS; ",
	 "1 result came for a plan of 2"},
	{"KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..3\nok 1 b", "a PASS; b PASS; ",
	 "1 result came for a plan of 3"},
	{"KTAP version 1\n1..2\nok 1 a\nBail out!", "a PASS; ",
	 "the tests in it gave up: they did not say why"},
};

static void test_streams(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		FlLogtests *logtests = fl_logtests_new(NULL, "serial.log");
		g_auto(GStrv) lines = g_strsplit(cases[i].log, "\n", -1);
		g_autoptr(GString) got = g_string_new(NULL);
		g_autofree char *problem = NULL;
		const GPtrArray *results;

		for (unsigned n = 0; lines[n]; n++)
			fl_logtests_line(logtests, lines[n], n + 1);
		results = fl_logtests_results(logtests);
		for (guint n = 0; n < results->len; n++) {
			const FlTestResult *test = g_ptr_array_index(results, n);

			g_string_append_printf(got, "%s %s; ", test->name,
					       fl_verdict_name(test->kind));
		}
		problem = fl_logtests_problem(logtests);
		g_assert_cmpstr(got->str, ==, cases[i].results);
		g_assert_cmpstr(problem, ==, cases[i].problem);
		fl_logtests_free(logtests);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/logtests/streams", test_streams);
	return g_test_run();
}
