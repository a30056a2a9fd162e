// SPDX-License-Identifier: GPL-2.0-only
/*
 * The prefixes of logs that no console made.
 */
#include "judge/dated.h"

#include <glib.h>
#include <string.h>

#define DAY_30 (((30 * 24 + 6) * 60 + 21) * 60 + 23)
#define DAY_3  (((3 * 24 + 6) * 60 + 21) * 60 + 23)

static const struct {
	const char *line, *text; /* text NULL: no prefix */
	uint64_t seconds;
} cases[] = {
	{"[Thu Oct 30 06:21:23 2025] BUG: x", "BUG: x", DAY_30},
	{"[Mon Nov  3 06:21:23 2025]  f+0x1/0x2", " f+0x1/0x2", DAY_3},
	{"Oct 30 06:21:23 host kernel: BUG: x", "BUG: x", DAY_30},
	{"2025-10-30T06:21:23,123456+01:00 BUG: x", "BUG: x", DAY_30},
	{"2025-10-30T06:21:23.123456+01:00 host kernel: BUG: x", "BUG: x", DAY_30},
	{"2025-10-30T06:21:23+01:00 host kernel:  <TASK>", " <TASK>", DAY_30},
	{"[Oct30 06:21] BUG: x", "BUG: x", DAY_30 - 23},
	{"[Oct 3 06:21]  <TASK>", " <TASK>", DAY_30 - 23 - 27 * 86400},
	{"[  +2.000000]  <TASK>", " <TASK>", 2},
	{"[+1234.000000] BUG: x", "BUG: x", 1234},
	{"4,812,2000000,-;BUG: x", "BUG: x", 2},
	{"6,812,2000000,-,caller=T12; <TASK>", " <TASK>", 2},
	{"[  +2.00000] BUG: x", NULL, 0},
	{"[  +.000000] BUG: x", NULL, 0},
	{"[  +2.000000]", NULL, 0},
	{"4,812,2000000,BUG: x", NULL, 0},
	{"1, 2, 3", NULL, 0},
	{"Oct 30 06:21:23 host systemd[1]: BUG: x", NULL, 0},
	{"2025-10-30T06:21:23.123456+01:00 host cron: BUG: x", NULL, 0},
	{"2025-10-30T06:21:23,123456", NULL, 0},
	{"[Thu Oct 30 06:21:23 2025]", NULL, 0},
	{"Oct 30 06:21:23 ", NULL, 0},
	{"[mem 0x0-0x1] usable", NULL, 0},
	{"", NULL, 0},
};

static void a_prefix_is_taken_off(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint64_t us = 0;
		size_t len = fl_dated_prefix(cases[i].line, strlen(cases[i].line), &us);

		if (!cases[i].text) {
			g_assert_cmpuint(len, ==, 0);
			continue;
		}
		g_assert_cmpstr(cases[i].line + len, ==, cases[i].text);
		g_assert_cmpuint(us, ==, cases[i].seconds * 1000000);
	}
}

static void steps_add_up(void)
{
	static const char first[] = "[Oct30 06:21] x", step[] = "[  +0.250000] x";
	uint64_t us = 0;

	g_assert_cmpuint(fl_dated_prefix(first, strlen(first), &us), !=, 0);
	g_assert_cmpuint(fl_dated_prefix(step, strlen(step), &us), !=, 0);
	g_assert_cmpuint(fl_dated_prefix(step, strlen(step), &us), !=, 0);
	g_assert_cmpuint(us, ==, (uint64_t)(DAY_30 - 23) * 1000000 + 500000);
}

static void the_host_is_taken_off(void)
{
	g_assert_cmpuint(fl_dated_host("vm kernel: x", 12), ==, 11);
	g_assert_cmpuint(fl_dated_host("vm systemd[1]: x", 16), ==, 0);
	g_assert_cmpuint(fl_dated_host("vm kernel:", 10), ==, 0);
	g_assert_cmpuint(fl_dated_host("", 0), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dated/a-prefix-is-taken-off", a_prefix_is_taken_off);
	g_test_add_func("/dated/steps-add-up", steps_add_up);
	g_test_add_func("/dated/the-host-is-taken-off", the_host_is_taken_off);
	return g_test_run();
}
