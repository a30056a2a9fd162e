// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rate of the time-stamp counter: the same each time, also while the CPUs are busy.
 */
#include "vm/tsc.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

static atomic_bool done;

static gpointer spin(gpointer data)
{
	while (!done)
		;
	return data;
}

static void expect_near(unsigned khz, unsigned first)
{
	g_assert_cmpuint(khz, >, first - first / 1000);
	g_assert_cmpuint(khz, <, first + first / 1000);
}

static void test_steady(void)
{
	unsigned first = fl_tsc_khz();
	GThread *threads[4];

	g_assert_cmpuint(first, >, 100000);
	g_assert_cmpuint(first, <, 10000000);
	expect_near(fl_tsc_khz(), first);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("spin", spin, NULL);
	for (int i = 0; i < 5; i++)
		expect_near(fl_tsc_khz(), first);
	done = true;
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/tsc/rate-is-the-same-each-time", test_steady);
	return g_test_run();
}
