// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/result: the documented fields are there, and any bytes give valid JSON.
 */
#include "report/result.h"

#include "base/json.h"
#include "tests/record-fixture.h"

static void test_fields(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autoptr(json_t) result = fl_result_run(record);
	const char *verdict, *kernel, *test_verdict, *title;
	int schema;
	json_int_t cpus, success, first_line;
	double boot_ms;
	json_error_t where;

	g_assert_cmpint(
		json_unpack_ex(
			result, &where, 0,
			"{s:i, s:s, s:[{s:s, s:{s:I, s:f}, s:[{s:{s:I}, s:s}]}, {s:[{s:s, s:I}]}]}",
			"schema", &schema, "verdict", &verdict, "kernels", "name", &kernel, "vm",
			"cpus", &cpus, "boot_ms", &boot_ms, "tests", "metrics", "vma_lock_success",
			&success, "verdict", &test_verdict, "splats", "title", &title, "first_line",
			&first_line),
		==, 0);
	g_assert_cmpstr(verdict, ==, "HANG");
	g_assert_cmpstr(kernel, ==, "patched");
	g_assert_cmpint(cpus, ==, 4);
	g_assert_cmpint(success, ==, 4096);
	g_assert_cmpstr(test_verdict, ==, "PASS");
	g_assert_cmpint(first_line, ==, 812);
	g_assert_cmpfloat(boot_ms, ==, 812.5);
}

/* A guest may call anything a whole number. */
static void test_numbers_of_any_size(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	FlGuestRecord *guest = g_ptr_array_index(record->guests, 0);
	FlTestResult *test = g_ptr_array_index(guest->verdict->tests, 0);
	g_autoptr(json_t) result = NULL;
	double whole, seconds;
	json_int_t small;

	fixture_metric(test, "whole", 1e300, true);
	fixture_metric(test, "small", -3, true);
	test->seconds = 1e300;
	guest->boot_ms = -1e300;
	result = fl_result_run(record);
	g_assert_cmpint(json_unpack(result, "{s:[{s:[{s:f, s:{s:f, s:I}}]}]}", "kernels", "tests",
				    "seconds", &seconds, "metrics", "whole", &whole, "small",
				    &small),
			==, 0);
	g_assert_cmpfloat(whole, ==, 1e300);
	g_assert_cmpfloat(seconds, ==, 1e300);
	g_assert_cmpint(small, ==, -3);
}

static void test_equal_bytes(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autoptr(json_t) one = fl_result_run(record);
	g_autoptr(json_t) two = fl_result_run(record);
	g_autofree char *text_one = fl_json_text(one);
	g_autofree char *text_two = fl_json_text(two);

	g_assert_cmpstr(text_one, ==, text_two);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/result/documented-fields-are-there", test_fields);
	g_test_add_func("/result/numbers-of-any-size", test_numbers_of_any_size);
	g_test_add_func("/result/equal-records-are-equal-bytes", test_equal_bytes);
	return g_test_run();
}
