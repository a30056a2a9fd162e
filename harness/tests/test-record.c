// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/record: the worst guest decides, and a run without verdicts is BROKEN.
 */
#include "judge/record.h"

#include "tests/record-fixture.h"

#include <string.h>

static void test_new_is_broken(void)
{
	g_autoptr(FlRunRecord) record = fl_record_new("x");

	g_assert_cmpint(record->kind, ==, FL_VERDICT_BROKEN);
	g_assert_nonnull(strstr(record->reason, "did not come to its end"));
	fl_record_conclude(record);
	g_assert_cmpint(record->kind, ==, FL_VERDICT_BROKEN);
}

static void test_worst_decides(void)
{
	static const struct {
		FlVerdictKind a, b, run;
	} cases[] = {
		{FL_VERDICT_PASS, FL_VERDICT_PASS, FL_VERDICT_PASS},
		{FL_VERDICT_PASS, FL_VERDICT_BROKEN, FL_VERDICT_BROKEN},
		{FL_VERDICT_FAIL, FL_VERDICT_BROKEN, FL_VERDICT_FAIL},
		{FL_VERDICT_HANG, FL_VERDICT_FAIL, FL_VERDICT_HANG},
		{FL_VERDICT_PASS, FL_VERDICT_CRASH, FL_VERDICT_CRASH},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(FlRunRecord) record = fl_record_new("x");

		g_ptr_array_add(record->guests, fixture_guest("a", cases[i].a, "reason a"));
		g_ptr_array_add(record->guests, fixture_guest("b", cases[i].b, "reason b"));
		fl_record_conclude(record);
		g_assert_cmpint(record->kind, ==, cases[i].run);
	}
}

static void test_missing_verdict_is_not_a_pass(void)
{
	g_autoptr(FlRunRecord) record = fl_record_new("x");

	g_ptr_array_add(record->guests, fixture_guest("a", FL_VERDICT_PASS, "fine"));
	g_ptr_array_add(record->guests, fl_record_guest_new("b", 1));
	fl_record_conclude(record);
	g_assert_cmpint(record->kind, ==, FL_VERDICT_BROKEN);
}

static void test_reason_names_the_guest(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();

	g_assert_cmpint(record->kind, ==, FL_VERDICT_HANG);
	g_assert_true(g_str_has_prefix(record->reason, "patched-debug: "));
	g_assert_cmpstr(fl_record_deciding(record)->name, ==, "patched-debug");
}

static void test_labels(void)
{
	g_autoptr(FlGuestRecord) first = fl_record_guest_new("patched", 1);
	g_autoptr(FlGuestRecord) third = fl_record_guest_new("patched", 3);

	g_assert_cmpstr(first->label, ==, "patched");
	g_assert_cmpstr(third->label, ==, "patched.3");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/record/a-run-begins-broken", test_new_is_broken);
	g_test_add_func("/record/the-worst-guest-decides", test_worst_decides);
	g_test_add_func("/record/a-guest-without-verdict-is-no-pass",
			test_missing_verdict_is_not_a_pass);
	g_test_add_func("/record/the-reason-names-the-guest", test_reason_names_the_guest);
	g_test_add_func("/record/repeats-have-folders-of-their-own", test_labels);
	return g_test_run();
}
