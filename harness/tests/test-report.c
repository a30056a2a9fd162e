// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom a report blames, by its header and its stack.
 */
#include "judge/report.h"

#include <string.h>

#define HEADER "BUG: KASAN: slab-use-after-free in readahead_folio+0x1b/0x2a0"

static const struct {
	const char *name, *frames[4];
	bool has_rip;
	const char *title;
	bool corrupted;
} cases[] = {
	{"the stack's first frame that does not report",
	 {"dump_stack_lvl+0x1/0x2", "kasan_report+0x1/0x2", "readahead_folio+0x1b/0x2a0"},
	 false,
	 "BUG: KASAN: slab-use-after-free in readahead_folio",
	 false},
	{"the header's function where the stack was cut",
	 {NULL},
	 false,
	 "BUG: KASAN: slab-use-after-free in readahead_folio",
	 false},
	{"the header's function where the place is another report's",
	 {"some_driver_irq+0x1/0x2"},
	 true,
	 "BUG: KASAN: slab-use-after-free in readahead_folio",
	 true},
};

static void the_guilty_one_is_named(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlLine line = {.text = HEADER, .len = strlen(HEADER), .number = 1};
	const FlRule *rule = fl_rules_match(rules, FL_RULE_SPLAT, line.text, line.len);

	g_assert_nonnull(rule);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		FlReport *report = fl_report_new(rule->kind, &line, rule->verdict);

		g_test_message("%s", cases[i].name);
		report->splat->frames = g_strdupv((char **)cases[i].frames);
		report->splat->has_rip = cases[i].has_rip;
		fl_report_name(report, rules, rule);
		g_assert_cmpstr(report->splat->title, ==, cases[i].title);
		g_assert_cmpint(report->splat->corrupted, ==, cases[i].corrupted);
		fl_report_free(report);
	}
}

static void one_without_a_rule_is_called_by_its_line(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlLine line = {.text = "not UTF-8: \xff", .len = 12, .number = 1};
	FlReport *report = fl_report_new("reboot", &line, FL_VERDICT_CRASH);

	fl_report_name(report, rules, NULL);
	g_assert_cmpstr(report->splat->title, ==, "not UTF-8: \xef\xbf\xbd");
	fl_report_free(report);
}

static void one_that_came_again_is_as_long_as_the_first_time(void)
{
	FlLine line = {.text = "x", .len = 1, .number = 7};
	FlReport *report = fl_report_new("x", &line, FL_VERDICT_FAIL);

	fl_report_lengthen(report, 9);
	fl_report_lengthen(report, 8);
	g_assert_cmpuint(report->splat->last_line, ==, 9);
	report->splat->count = 2;
	fl_report_lengthen(report, 20);
	g_assert_cmpuint(report->splat->last_line, ==, 9);
	fl_report_free(report);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/report/the-guilty-one-is-named", the_guilty_one_is_named);
	g_test_add_func("/report/one-without-a-rule-is-called-by-its-line",
			one_without_a_rule_is_called_by_its_line);
	g_test_add_func("/report/one-that-came-again-is-as-long-as-the-first-time",
			one_that_came_again_is_as_long_as_the_first_time);
	return g_test_run();
}
