// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/limits: what makes a guest slow makes its limits longer, nothing makes them shorter but
 * --timeout-scale, and a guest whose clock is counted does not feel its host.
 */
#include "flow/limits.h"

#include <glib.h>

static void test_scales(void)
{
	static const struct {
		const char *what;
		FlLimits limits;
		unsigned host, guest;
	} cases[] = {
		{"a quiet host", {1, 1000, 1000, 4, 1, false, 2, 0.5}, 1000, 1000},
		{"a fast one", {1, 1000, 300, 4, 1, false, 16, 0}, 1000, 1000},
		{"a slow one", {1, 1000, 2500, 4, 1, false, 2, 0}, 2500, 2500},
		{"a kernel with checkers", {1, 3000, 1000, 4, 1, false, 2, 0}, 3000, 3000},
		{"as the user says", {0.5, 1000, 1000, 4, 1, false, 2, 0}, 500, 500},
		{"vCPUs that wait for each other", {1, 1000, 1000, 8, 1, false, 2, 0}, 2000, 2000},
		{"guests that do", {1, 1000, 1000, 4, 4, false, 2, 0}, 4000, 4000},
		{"the load of its like", {1, 1000, 1000, 4, 1, false, 2, 4}, 1000, 1000},
		{"the load of others", {1, 1000, 1000, 4, 1, false, 2, 5}, 2000, 2000},
		{"much load", {1, 1000, 1000, 4, 1, false, 2, 15}, 4000, 4000},
		{"there are cores enough", {1, 1000, 1000, 4, 1, false, 64, 60}, 1000, 1000},
		{"load without end", {1, 1000, 1000, 4, 1, false, 2, 100000}, 16000, 16000},
		{"a counted clock", {1, 1000, 2000, 2, 1, true, 2, 9}, 160000, 10000},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].what);
		g_assert_cmpuint(fl_limits_host_milli(&cases[i].limits), ==, cases[i].host);
		g_assert_cmpuint(fl_limits_guest_milli(&cases[i].limits), ==, cases[i].guest);
	}
}

static void test_load(void)
{
	g_assert_cmpfloat(fl_limits_load(), >=, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/limits/what-makes-slow-makes-long", test_scales);
	g_test_add_func("/limits/the-load-is-read", test_load);
	return g_test_run();
}
