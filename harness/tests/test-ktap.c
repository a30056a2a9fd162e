// SPDX-License-Identifier: GPL-2.0-only
/*
 * KTAP streams, each with what must be read from it.
 */
#include "judge/ktap.h"

static void append(FlKtapResult *result, gpointer data)
{
	g_string_append_printf(data, "%u %s %s", result->number, result->name,
			       fl_verdict_name(result->kind));
	if (*result->reason)
		g_string_append_printf(data, " (%s)", result->reason);
	for (unsigned i = 0; i < result->cases->len; i++) {
		const FlCase *one = result->cases->pdata[i];

		g_string_append_printf(data, " [%s %s]", one->name, fl_verdict_name(one->kind));
	}
	g_string_append(data, "; ");
}

static const struct {
	const char *stream, *results, *problem;
} cases[] = {
	{"KTAP version 1\n1..2\nok 1 a\nok 2 b", "1 a PASS; 2 b PASS; ", NULL},
	{"TAP version 13\n1..1\nok 1 - a", "1 a PASS; ", NULL},
	{"1..1\nok 1 a", "1 a PASS; ", "the results have no version line"},
	{"KTAP version 1\nok 1 a", "1 a PASS; ", "there is no plan (1..N)"},
	{"KTAP version 1\n1..3\nok 1 a", "1 a PASS; ", "1 result came for a plan of 3"},
	{"KTAP version 1\n1..1\nok 1 a\nok 2 b", "1 a PASS; 2 b PASS; ",
	 "2 results came for a plan of 1"},
	{"KTAP version 1\n1..2\nok 1 a\nok 1 b", "1 a PASS; 1 b PASS; ",
	 "result 1 came where 2 was due"},
	{"KTAP version 1\n1..1\n1..1\nok 1 a", "1 a PASS; ", "there are two plans"},
	{"KTAP version 1\n1..1\n# a: first\n# a: it broke\nnot ok 1 a", "1 a FAIL (it broke); ",
	 NULL},
	{"KTAP version 1\n1..1\nnot ok 1 a", "1 a FAIL (it gave no reason); ", NULL},
	{"KTAP version 1\n1..1\nok 1 a # SKIP no disk", "1 a SKIP (no disk); ", NULL},
	{"KTAP version 1\n1..1\nnot ok 1 a # TODO later", "1 a PASS; ", NULL},
	{"KTAP version 1\n1..1\nnot ok 1 a # XFAIL known", "1 a PASS; ", NULL},
	{"KTAP version 1\n1..1\nnot ok 1 a # TIMEOUT 5 s", "1 a FAIL (TIMEOUT 5 s); ", NULL},
	{"KTAP version 1\n1..1\n    1..2\n    ok 1 x\n    ok 2 y\nok 1 a",
	 "1 a PASS [x PASS] [y PASS]; ", NULL},
	{"KTAP version 1\n1..1\n  1..1\n    1..1\n    ok 1 z\n  ok 1 x\nok 1 a",
	 "1 a PASS [x PASS] [x/z PASS]; ", NULL},
	{"KTAP version 1\n1..1\n    1..1\n    # x: lost 3\n    not ok 1 x\nnot ok 1 a",
	 "1 a FAIL (its case x failed: lost 3) [x FAIL]; ", NULL},
	{"KTAP version 1\n1..1\n    1..1\n    not ok 1 x\nok 1 a",
	 "1 a FAIL (it says ok, but its case x failed) [x FAIL]; ", NULL},
	{"KTAP version 1\n1..1\n    ok 1 x\nok 1 a",
	 "1 a FAIL (it says ok, but among its cases there is no plan (1..N)) [x PASS]; ", NULL},
	/* KUnit: a parameterised test has no plan for its cases; the first line that failed counts. */
	{"KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n        KTAP version 1\n"
	 "        # Subtest: p\n        ok 1 zero\n        ok 2 one\n"
	 "    # p: pass:2 fail:0 skip:0 total:2\n    ok 1 p\nok 1 suite",
	 "1 suite PASS [p PASS] [p/zero PASS] [p/one PASS]; ", NULL},
	{"KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n"
	 "    # t: EXPECTATION FAILED at lib/a.c:29\n    # t: pass:0 fail:1\n    not ok 1 t\n"
	 "# suite: pass:0 fail:1\nnot ok 1 suite",
	 "1 suite FAIL (its case t failed: EXPECTATION FAILED at lib/a.c:29) [t FAIL]; ", NULL},
	/* kselftest. */
	{"TAP version 13\n1..2\nok 1 # SKIP no userfaultfd\nnot ok 2 selftests: mm: x # exit=1",
	 "1 no userfaultfd SKIP (no userfaultfd); 2 selftests: mm: x FAIL (exit=1); ", NULL},
	{"KTAP version 1\n1..1\nokay\nnot okay\n#\nok1 a\nok 1 a", "1 a PASS; ", NULL},
};

static void streams_are_read(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) got = g_string_new(NULL);
		FlKtap *ktap = fl_ktap_new(append, got);
		g_auto(GStrv) lines = g_strsplit(cases[i].stream, "\n", -1);
		g_autofree char *problem = NULL;

		for (char **line = lines; *line; line++)
			fl_ktap_line(ktap, *line);
		problem = fl_ktap_problem(ktap);
		g_assert_cmpstr(got->str, ==, cases[i].results);
		g_assert_cmpstr(problem, ==, cases[i].problem);
		fl_ktap_free(ktap);
	}
}

static void bailing_out_is_kept(void)
{
	g_autoptr(GString) got = g_string_new(NULL);
	FlKtap *ktap = fl_ktap_new(append, got);

	g_assert_null(fl_ktap_bailed(ktap));
	fl_ktap_line(ktap, "Bail out! no memory");
	g_assert_cmpstr(fl_ktap_bailed(ktap), ==, "no memory");
	fl_ktap_free(ktap);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/ktap/streams-are-read", streams_are_read);
	g_test_add_func("/ktap/bailing-out-is-kept", bailing_out_is_kept);
	return g_test_run();
}
