// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of cli/exit_code: the documented table, and under git bisect never a code that would
 * abort it or blame a commit for anything but the kernel.
 */
#include "cli/exit_code.h"

#include "kernel/kcache.h"
#include "plan/ini.h"
#include "plan/plan.h"
#include "vm/vm.h"

static void test_verdicts(void)
{
	static const int codes[] = {
		[FL_VERDICT_PASS] = 0, [FL_VERDICT_SKIP] = 3, [FL_VERDICT_BROKEN] = 3,
		[FL_VERDICT_FAIL] = 1, [FL_VERDICT_HANG] = 1, [FL_VERDICT_CRASH] = 1};

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		g_assert_cmpint(fl_exit_code_of_verdict((FlVerdictKind)i), ==, codes[i]);
}

static void test_sights(void)
{
	g_assert_cmpint(fl_exit_code_of_sight(FL_TARGET_ABSENT), ==, 0);
	g_assert_cmpint(fl_exit_code_of_sight(FL_TARGET_SEEN), ==, 1);
	g_assert_cmpint(fl_exit_code_of_sight(FL_TARGET_UNKNOWN), ==, 125);
}

static void test_errors(void)
{
	const struct {
		GQuark domain;
		int code, plain, bisect;
	} cases[] = {
		{FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE, 2, 2},
		{FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH, 2, 125},
		{FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG, 2, 125},
		{FL_KERNEL_ERROR, FL_KERNEL_ERROR_COMPILE, 2, 125},
		{FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL, 3, 125},
		{FL_PLAN_ERROR, FL_PLAN_ERROR_SYNTAX, 2, 2},
		{FL_INI_ERROR, FL_INI_ERROR_SYNTAX, 2, 2},
		{G_OPTION_ERROR, G_OPTION_ERROR_FAILED, 2, 2},
		{FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, 2, 2},
		{FL_VM_ERROR, FL_VM_ERROR_MISSING, 3, 125},
		{G_FILE_ERROR, G_FILE_ERROR_NOSPC, 3, 125},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = g_error_new(cases[i].domain, cases[i].code, "x");

		g_assert_cmpint(fl_exit_code_of_error(error, false, 0), ==, cases[i].plain);
		g_assert_cmpint(fl_exit_code_of_error(error, true, 0), ==, cases[i].bisect);
		g_assert_cmpint(fl_exit_code_of_error(error, false, 2), ==, 130);
		g_assert_cmpint(fl_exit_code_of_error(error, true, 15), ==, 143);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/exit-code/of-verdicts", test_verdicts);
	g_test_add_func("/exit-code/of-sights-under-git-bisect", test_sights);
	g_test_add_func("/exit-code/of-errors-and-signals", test_errors);
	return g_test_run();
}
