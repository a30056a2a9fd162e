// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/request about which kernels a run is about; the run itself is cli-faults.t's and
 * boot-run.t's.
 */
#include "flow/request.h"

#include <string.h>

static const char text[] = "[kernel a]\n[kernel b]\ndefault = yes\n[kernel c]\ndefault = yes\n";

static void check(const char *const *names, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlPlan) plan = fl_plan_parse(text, strlen(text), "p", "/", &error);
	g_autoptr(GPtrArray) kernels = fl_request_kernels(plan, names, &error);
	g_autoptr(GString) found = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; kernels && i < kernels->len; i++)
		g_string_append(found, ((FlPlanKernel *)g_ptr_array_index(kernels, i))->name);
	g_assert_cmpstr(found->str, ==, expected);
}

static void test_kernels(void)
{
	const char *const none[] = {NULL}, *const two[] = {"c", "a", "c", NULL};

	check(NULL, "bc");
	check(none, "bc");
	check(two, "ca");
}

static void test_errors(void)
{
	static const char no_default[] = "[kernel a]\n";
	const char *const unknown[] = {"x", NULL};
	g_autoptr(FlPlan) plan = fl_plan_parse(no_default, strlen(no_default), "p", "/", NULL);
	g_autoptr(GError) first = NULL;
	g_autoptr(GError) second = NULL;

	g_assert_null(fl_request_kernels(plan, NULL, &first));
	g_assert_error(first, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE);
	g_assert_null(fl_request_kernels(plan, unknown, &second));
	g_assert_error(second, FL_PLAN_ERROR, FL_PLAN_ERROR_UNKNOWN);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/request/all-default-kernels-or-the-named", test_kernels);
	g_test_add_func("/request/no-kernel-is-an-error", test_errors);
	return g_test_run();
}
