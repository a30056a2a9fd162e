// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each report is kept once, up to a limit that a death is not held to.
 */
#include "judge/reports.h"

#include <string.h>

static FlReport *report_of(const char *text, unsigned number, FlVerdictKind verdict)
{
	FlLine line = {.text = text, .len = strlen(text), .number = number};

	return fl_report_new("x", &line, verdict);
}

/* Keeps one, and says whether it is that one. */
static bool keep(FlReports *reports, FlReport *report, bool first_death)
{
	FlReport *instead = fl_reports_keep(reports, report, NULL, first_death);

	if (instead != report)
		fl_report_free(report);
	return instead == report;
}

static void the_same_again_is_counted(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlReports *reports = fl_reports_new(rules);
	const FlReport *first;

	g_assert_true(keep(reports, report_of("one", 1, FL_VERDICT_FAIL), false));
	g_assert_true(keep(reports, report_of("two", 2, FL_VERDICT_FAIL), false));
	g_assert_false(keep(reports, report_of("one", 3, FL_VERDICT_CRASH), false));
	g_assert_cmpuint(fl_reports_all(reports)->len, ==, 2);
	first = fl_reports_all(reports)->pdata[0];
	g_assert_cmpuint(first->splat->count, ==, 2);
	g_assert_cmpint(first->splat->verdict, ==, FL_VERDICT_CRASH);
	fl_reports_free(reports);
}

static void one_that_is_printed_again_is_no_second_one(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlReports *reports = fl_reports_new(rules);
	static const struct {
		uint64_t stamp_us;
		unsigned count;
	} steps[] = {{1000001, 1}, {1000001, 1}, {2000001, 2}};

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		FlReport *report = report_of("one", (unsigned)i + 1, FL_VERDICT_FAIL);
		const FlReport *first;

		report->stamp_us = steps[i].stamp_us;
		g_assert_true(keep(reports, report, false) == (i == 0));
		first = fl_reports_all(reports)->pdata[0];
		g_assert_cmpuint(first->splat->count, ==, steps[i].count);
	}
	fl_reports_free(reports);
}

/* Letters, as signatures leave numbers out. */
static char *nth_text(unsigned n)
{
	return g_strdup_printf("%c%c%c", 'a' + n / 676 % 26, 'a' + n / 26 % 26, 'a' + n % 26);
}

static void only_the_death_comes_beyond_the_limit(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlReports *reports = fl_reports_new(rules);
	const FlReport *last;

	for (unsigned i = 0; i < FL_REPORTS_MAX; i++) {
		g_autofree char *text = nth_text(i);

		g_assert_true(keep(reports, report_of(text, i + 1, FL_VERDICT_FAIL), false));
	}
	g_assert_false(keep(reports, report_of("one too many", 2000, FL_VERDICT_FAIL), false));
	g_assert_true(keep(reports, report_of("the end", 2001, FL_VERDICT_CRASH), true));
	g_assert_cmpuint(fl_reports_all(reports)->len, ==, FL_REPORTS_MAX + 1);
	fl_reports_end(reports);
	g_assert_cmpuint(fl_reports_all(reports)->len, ==, FL_REPORTS_MAX + 2);
	last = fl_reports_all(reports)->pdata[FL_REPORTS_MAX];
	g_assert_cmpstr(last->splat->kind, ==, "surplus");
	fl_reports_free(reports);
}

static void they_end_in_the_order_of_their_lines(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlReports *reports = fl_reports_new(rules);
	const FlReport *first;

	g_assert_true(keep(reports, report_of("late", 20, FL_VERDICT_FAIL), false));
	g_assert_true(keep(reports, report_of("early", 10, FL_VERDICT_FAIL), false));
	fl_reports_end(reports);
	first = fl_reports_all(reports)->pdata[0];
	g_assert_cmpstr(first->splat->title, ==, "early");
	fl_reports_free(reports);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/reports/the-same-again-is-counted", the_same_again_is_counted);
	g_test_add_func("/reports/one-that-is-printed-again-is-no-second-one",
			one_that_is_printed_again_is_no_second_one);
	g_test_add_func("/reports/only-the-death-comes-beyond-the-limit",
			only_the_death_comes_beyond_the_limit);
	g_test_add_func("/reports/they-end-in-the-order-of-their-lines",
			they_end_in_the_order_of_their_lines);
	return g_test_run();
}
