// SPDX-License-Identifier: GPL-2.0-only
/*
 * The collector's bounds; what it makes of real reports is in judge-cases/.
 */
#include "judge/splat.h"

#include <string.h>

static void line(FlSplats *splats, unsigned number, const char *text)
{
	FlLine one = {.text = text, .len = strlen(text), .number = number, .stamped = true};

	one.stamp_us = number * 100;
	fl_splats_line(splats, &one);
}

static void an_endless_report_is_closed(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlSplats *splats = fl_splats_new(rules);

	line(splats, 1, "BUG: KASAN: use-after-free in f+0x1/0x2");
	for (unsigned i = 2; i < 5000; i++)
		line(splats, i, "more and more");
	g_assert_cmpuint(fl_splats_reports(splats)->len, ==, 1);
	fl_splats_free(splats);
}

static void different_reports_are_kept_up_to_a_limit(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlSplats *splats = fl_splats_new(rules);
	const FlReport *surplus;

	for (unsigned i = 0; i < 3 * FL_REPORTS_MAX; i++) {
		g_autofree char *text = g_strdup_printf("qemu-system-x86_64: x%uy", i);

		line(splats, i + 1, text);
	}
	g_assert_cmpuint(fl_splats_reports(splats)->len, ==, FL_REPORTS_MAX);
	fl_splats_end(splats);
	g_assert_cmpuint(fl_splats_reports(splats)->len, ==, FL_REPORTS_MAX + 1);
	surplus = fl_splats_reports(splats)->pdata[FL_REPORTS_MAX];
	g_assert_cmpstr(surplus->splat->kind, ==, "surplus");
	g_assert_cmpuint(surplus->splat->count, ==, 2 * FL_REPORTS_MAX);
	g_assert_cmpuint(surplus->splat->first_line, ==, FL_REPORTS_MAX + 1);
	g_assert_cmpuint(surplus->splat->last_line, ==, 3 * FL_REPORTS_MAX);
	g_assert_cmpint(surplus->splat->verdict, ==, FL_VERDICT_BROKEN);
	fl_splats_free(splats);
}

static void a_panic_is_a_death_at_once(void)
{
	g_autoptr(FlRules) rules = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	FlSplats *splats = fl_splats_new(rules);

	g_assert_null(fl_splats_death(splats));
	line(splats, 1, "Kernel panic - not syncing: x");
	g_assert_nonnull(fl_splats_death(splats));
	fl_splats_free(splats);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/splat/an-endless-report-is-closed", an_endless_report_is_closed);
	g_test_add_func("/splat/different-reports-are-kept-up-to-a-limit",
			different_reports_are_kept_up_to_a_limit);
	g_test_add_func("/splat/a-panic-is-a-death-at-once", a_panic_is_a_death_at_once);
	return g_test_run();
}
