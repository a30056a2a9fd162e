// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the lines of a report make of it, and when it is over or was cut.
 */
#include "judge/openreport.h"

#include <string.h>

/* A log of one report, and what is known of it behind the last line. */
static const struct {
	const char *name, *lines[8];
	bool is_over, is_cut;
	const char *top;
} cases[] = {
	{"a stack that says where it ends",
	 {"BUG: KASAN: use-after-free in f+0x1/0x2", "Call Trace:", " <TASK>", " g+0x1/0x2",
	  " </TASK>"},
	 false,
	 false,
	 "g+0x1/0x2"},
	{"... and did not",
	 {"BUG: KASAN: use-after-free in f+0x1/0x2", "Call Trace:", " <TASK>", " g+0x1/0x2"},
	 false,
	 true,
	 "g+0x1/0x2"},
	{"only a header", {"BUG: KASAN: use-after-free in f+0x1/0x2"}, false, true, NULL},
	{"frames that may be old ones",
	 {"BUG: KASAN: use-after-free in f+0x1/0x2", "Call Trace:", " <TASK>", " ? old+0x1/0x2",
	  " g+0x1/0x2", " </TASK>"},
	 false,
	 false,
	 "g+0x1/0x2"},
	{"the line that its rule names as the last",
	 {"BUG: KASAN: use-after-free in f+0x1/0x2", "Call Trace:", " <TASK>", " g+0x1/0x2",
	  " </TASK>", "=================================================================="},
	 true,
	 false,
	 "g+0x1/0x2"},
};

static void a_report_is_what_its_lines_say(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		FlOpenReport *open = NULL;
		bool is_over = false;
		unsigned n = 0;

		g_test_message("%s", cases[i].name);
		for (const char *const *text = cases[i].lines; *text; text++) {
			FlLine line = {.text = *text, .len = strlen(*text), .number = ++n};

			if (!open) {
				open = fl_openreport_new(
					fl_rules_match(rules, FL_RULE_SPLAT, line.text, line.len),
					&line, NULL);
				is_over = fl_openreport_first_line(open, &line);
			} else {
				is_over = fl_openreport_line(open, &line);
			}
		}
		g_assert_cmpint(is_over, ==, cases[i].is_over);
		g_assert_cmpint(fl_openreport_is_cut(open, 0, n), ==, cases[i].is_cut);
		g_assert_cmpstr(open->frames->len ? open->frames->pdata[0] : NULL, ==,
				cases[i].top);
		g_assert_cmpuint(open->report->splat->last_line, ==, n);
		fl_openreport_free(open);
	}
}

static void a_finished_one_gives_its_frames(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	const char *text = "BUG: KASAN: use-after-free in f+0x1/0x2";
	FlLine line = {.text = text, .len = strlen(text), .number = 1, .stamp_us = 5};
	FlLine place = {.text = "RIP: 0010:f+0x1/0x2", .len = 19, .number = 2, .stamp_us = 8};
	FlOpenReport *open = fl_openreport_new(
		fl_rules_match(rules, FL_RULE_SPLAT, line.text, line.len), &line, NULL);
	FlReport *report;

	g_assert_false(fl_openreport_first_line(open, &line));
	g_assert_false(fl_openreport_line(open, &place));
	report = fl_openreport_finish(open);
	fl_openreport_free(open);
	g_assert_cmpuint(report->last_us, ==, 8);
	g_assert_cmpstr(report->splat->frames[0], ==, "f+0x1/0x2");
	g_assert_null(report->splat->frames[1]);
	fl_report_free(report);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/openreport/a-report-is-what-its-lines-say",
			a_report_is_what_its_lines_say);
	g_test_add_func("/openreport/a-finished-one-gives-its-frames",
			a_finished_one_gives_its_frames);
	return g_test_run();
}
