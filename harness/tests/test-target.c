// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/target: only the bug that is looked for counts as seen, and only a guest that
 * would have shown it clears the kernel.
 */
#include "tests/record-fixture.h"

#include "judge/target.h"

/* A guest with the test "t" and perhaps a splat. */
typedef struct {
	const char *what;
	FlVerdictKind guest, test;
	const char *signature; /* of its splat, NULL: none */
	const char *during;
	FlTargetSight any, by_test, by_signature; /* signature "lockdep:a" */
} Case;

static const Case cases[] = {
	{"all well", FL_VERDICT_PASS, FL_VERDICT_PASS, NULL, NULL, FL_TARGET_ABSENT,
	 FL_TARGET_ABSENT, FL_TARGET_ABSENT},
	{"the test failed", FL_VERDICT_FAIL, FL_VERDICT_FAIL, NULL, NULL, FL_TARGET_SEEN,
	 FL_TARGET_SEEN, FL_TARGET_ABSENT},
	{"it hung", FL_VERDICT_HANG, FL_VERDICT_HANG, NULL, NULL, FL_TARGET_SEEN, FL_TARGET_SEEN,
	 FL_TARGET_UNKNOWN},
	{"never reached", FL_VERDICT_HANG, FL_VERDICT_BROKEN, NULL, NULL, FL_TARGET_SEEN,
	 FL_TARGET_UNKNOWN, FL_TARGET_UNKNOWN},
	{"skipped", FL_VERDICT_PASS, FL_VERDICT_SKIP, NULL, NULL, FL_TARGET_ABSENT,
	 FL_TARGET_UNKNOWN, FL_TARGET_ABSENT},
	{"a warning at boot", FL_VERDICT_FAIL, FL_VERDICT_PASS, "warning:b", NULL, FL_TARGET_SEEN,
	 FL_TARGET_ABSENT, FL_TARGET_ABSENT},
	{"a report during the test", FL_VERDICT_FAIL, FL_VERDICT_PASS, "lockdep:a:f", "t",
	 FL_TARGET_SEEN, FL_TARGET_SEEN, FL_TARGET_SEEN},
	{"a crash after the test", FL_VERDICT_CRASH, FL_VERDICT_PASS, "oops:c", "other",
	 FL_TARGET_SEEN, FL_TARGET_UNKNOWN, FL_TARGET_ABSENT},
	{"no evidence", FL_VERDICT_BROKEN, FL_VERDICT_BROKEN, NULL, NULL, FL_TARGET_UNKNOWN,
	 FL_TARGET_UNKNOWN, FL_TARGET_UNKNOWN},
};

static FlVerdict *verdict_of(const Case *c)
{
	FlVerdict *verdict = fl_verdict_new();

	verdict->kind = c->guest;
	g_ptr_array_add(verdict->tests, fixture_test("t", c->test, "x"));
	if (c->signature) {
		FlSplat *splat = fixture_splat();

		g_free(splat->signature);
		splat->signature = g_strdup(c->signature);
		splat->during = g_strdup(c->during);
		g_ptr_array_add(verdict->splats, splat);
	}
	return verdict;
}

static void test_sights(void)
{
	static const char *const globs[] = {"t*", NULL};
	const FlTarget any = {0}, by_test = {.tests = globs},
		       by_signature = {.signature = "lockdep:a"};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(FlVerdict) verdict = verdict_of(&cases[i]);

		g_test_message("%s", cases[i].what);
		g_assert_cmpint(fl_target_look(&any, verdict), ==, cases[i].any);
		g_assert_cmpint(fl_target_look(&by_test, verdict), ==, cases[i].by_test);
		g_assert_cmpint(fl_target_look(&by_signature, verdict), ==, cases[i].by_signature);
	}
	g_assert_cmpint(fl_target_look(&any, NULL), ==, FL_TARGET_UNKNOWN);
}

static void test_runs(void)
{
	const FlTarget any = {0};
	g_autoptr(FlRunRecord) empty = fl_record_new("x");
	g_autoptr(FlRunRecord) mixed = fixture_record();

	g_assert_cmpint(fl_target_look_run(&any, empty), ==, FL_TARGET_UNKNOWN);
	g_assert_cmpint(fl_target_look_run(&any, mixed), ==, FL_TARGET_SEEN);
	g_ptr_array_remove_index(mixed->guests, 1);
	g_assert_cmpint(fl_target_look_run(&any, mixed), ==, FL_TARGET_ABSENT);
	fl_verdict_free(((FlGuestRecord *)mixed->guests->pdata[0])->verdict);
	((FlGuestRecord *)mixed->guests->pdata[0])->verdict = NULL;
	g_assert_cmpint(fl_target_look_run(&any, mixed), ==, FL_TARGET_UNKNOWN);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/target/one-guest", test_sights);
	g_test_add_func("/target/a-run", test_runs);
	return g_test_run();
}
