// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of plan/plan: the default plan says what the README says, and a wrong plan is refused
 * with file, line and what was expected.
 */
#include "plan/plan.h"

#include <string.h>

#define DEFAULT_PLAN FL_TEST_SRCDIR "/configs/plans/shared-faults.plan"

static void test_default_plan(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlPlan) plan = fl_plan_load(DEFAULT_PLAN, FL_TEST_SRCDIR, &error);
	const FlPlanKernel *base, *patched, *debug;

	g_assert_no_error(error);
	base = fl_plan_kernel(plan, "base", NULL);
	patched = fl_plan_kernel(plan, "patched", NULL);
	debug = fl_plan_kernel(plan, "patched-debug", NULL);
	g_assert_cmpuint(g_strv_length(base->patches), ==, 1);
	g_assert_cmpuint(g_strv_length(patched->patches), ==, 2);
	g_assert_cmpstr(patched->patches[0], ==, base->patches[0]);
	g_assert_true(g_str_has_suffix(patched->patches[1], "configs/patches/shared-faults.patch"));
	g_assert_cmpuint(g_strv_length(debug->fragments), ==, 2);
	g_assert_true(patched->is_default && debug->is_default && !base->is_default);
	g_assert_nonnull(fl_plan_kernel(plan, "vanilla", NULL));
	g_assert_nonnull(fl_plan_kernel(plan, "vanilla-debug", NULL));
	g_assert_cmpuint(plan->cpu_counts[0], ==, 4);
}

static void test_thorough_plan(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlPlan) plan =
		fl_plan_load(FL_TEST_SRCDIR "/configs/plans/thorough.plan", FL_TEST_SRCDIR, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(plan->n_cpu_counts, ==, 4);
	g_assert_cmpuint(plan->cpu_counts[3], ==, 8);
	g_assert_cmpuint(plan->cpu_counts[0], ==, 1);
	g_assert_cmpuint(plan->effort, >, 1);
	g_assert_true(fl_plan_kernel(plan, "patched-kasan", NULL)->is_default);
	g_assert_false(fl_plan_kernel(plan, "base", NULL)->is_default);
}

static void test_unknown_kernel(void)
{
	g_autoptr(FlPlan) plan = fl_plan_load(DEFAULT_PLAN, FL_TEST_SRCDIR, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_plan_kernel(plan, "pathced", &error));
	g_assert_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_UNKNOWN);
	g_assert_nonnull(strstr(error->message, "\"pathced\""));
	g_assert_nonnull(strstr(error->message, "patched-debug"));
}

static void test_bad_plans(void)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[plan]\ncolour = red\n", "p:2: unknown key \"colour\" in [plan]"},
		{"[kernel a]\nspeed = 9\n", "p:2: unknown key \"speed\" in [kernel a]"},
		{"[kernels]\n", "p:1: unknown section [kernels]"},
		{"[plan]\ncpus = 9\n", "p:2: cpus: expected 1 to 8, found \"9\""},
		{"[plan]\ncpus = 0\n", "p:2: cpus: expected 1 to 8"},
		{"[plan]\ncpus = four\n", "p:2: cpus: expected 1 to 8"},
		{"[plan]\ncpus = 1 2 9\n", "p:2: cpus: expected 1 to 8, found \"9\""},
		{"[plan]\ncpus = 1 1\n", "p:2: cpus: 1 is given twice"},
		{"[plan]\ncpus =\n", "p:2: cpus: expected at least one number"},
		{"[plan]\nmemory = 12\n", "p:2: memory: expected 128M to 64G, found \"12\""},
		{"[plan]\neffort = 0\n", "p:2: effort: expected 1 to 1000, found \"0\""},
		{"[plan]\nseed = -1\n", "p:2: seed: expected a whole number"},
		{"[plan]\ntests =\n", "p:2: tests: expected at least one"},
		{"[plan]\n[plan]\n", "p:2: [plan] is given twice"},
		{"[kernel a]\n[kernel a]\n", "p:2: the kernel a is described twice"},
		{"[kernel ../x]\n", "p:1: \"../x\" is not a kernel name"},
		{"[kernel ]\n", "p:1: unknown section [kernel]"},
		{"[kernel a]\nbase = b\n", "p:2: base: there is no kernel \"b\" above this line"},
		{"[kernel a]\nbase = a\n", "p:2: base: there is no kernel \"a\" above this line"},
		{"[kernel a]\npatches = no/such.patch\n", "p:2: /root/no/such.patch is not a file"},
		{"[kernel a]\ndefault = maybe\n", "p:2: default: expected yes or no"},
		{"", "p: the plan has no [kernel NAME] section"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(
			fl_plan_parse(cases[i].text, strlen(cases[i].text), "p", "/root", &error));
		g_assert_nonnull(error);
		g_assert_true(g_str_has_prefix(error->message, cases[i].message));
		if (!g_str_has_prefix(error->message, cases[i].message))
			g_test_message("got: %s", error->message);
	}
}

static void test_memory(void)
{
	static const struct {
		const char *text;
		unsigned mib;
	} cases[] = {{"512M", 512}, {"2G", 2048}, {"1024", 1024}, {"64g", 65536}, {"1m", 0},
		     {"", 0},	    {"M", 0},	  {"65G", 0},	  {"-1", 0},	  {"1.5G", 0}};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		unsigned mib = 0;
		bool ok = fl_plan_parse_memory(cases[i].text, &mib);

		g_assert_cmpint(ok, ==, cases[i].mib != 0);
		g_assert_cmpuint(mib, ==, cases[i].mib);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/plan/the-thorough-plan-has-all-vcpu-counts", test_thorough_plan);
	g_test_add_func("/plan/the-default-plan-is-as-documented", test_default_plan);
	g_test_add_func("/plan/an-unknown-kernel-lists-the-known", test_unknown_kernel);
	g_test_add_func("/plan/wrong-plans-are-refused-with-their-place", test_bad_plans);
	g_test_add_func("/plan/memory-sizes", test_memory);
	return g_test_run();
}
