// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/until: a line is found once it is complete, however the bytes come.
 */
#include "flow/until.h"

#include <string.h>

static void test_found(void)
{
	static const char log[] = "one\r\ntwo needle x\nneedle again\n";

	for (size_t step = 1; step < sizeof(log); step++) {
		g_autoptr(FlUntil) until = fl_until_new("needle");
		size_t at = 0;

		while (at + 1 < sizeof(log) &&
		       !fl_until_feed(until, log + at, MIN(step, sizeof(log) - 1 - at)))
			at += step;
		g_assert_true(until->found);
		g_assert_cmpuint(until->number, ==, 2);
		g_assert_cmpstr(until->line->str, ==, "two needle x");
	}
}

static void test_not_found(void)
{
	g_autoptr(FlUntil) until = fl_until_new("needle");

	g_assert_cmpuint(until->number, ==, 0);
	g_assert_false(fl_until_feed(until, "nee\ndle\n", 8));
	/* The line is not complete: more of it may come. */
	g_assert_false(fl_until_feed(until, "a needle", 8));
	g_assert_true(fl_until_feed(until, "\n", 1));
	g_assert_cmpuint(until->number, ==, 3);
}

static void test_any_bytes(void)
{
	g_autoptr(FlUntil) until = fl_until_new("needle");
	g_autofree char *flood = g_malloc0(100000);

	memset(flood + 1, 'x', 50000);
	g_assert_false(fl_until_feed(until, flood, 100000));
	g_assert_cmpuint(until->line->len, <=, 4096);
	g_assert_true(fl_until_feed(until, "\nnee\0dle\n", 10));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/until/found-in-any-pieces", test_found);
	g_test_add_func("/until/not-found", test_not_found);
	g_test_add_func("/until/any-bytes", test_any_bytes);
	return g_test_run();
}
