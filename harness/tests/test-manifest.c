// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of plan/manifest: what the guest programs declare is read whole, and a glob that
 * matches nothing is an error, never an empty run.
 */
#include "plan/manifest.h"

#include "plan/plan.h"

#include <string.h>

static const char text[] =
	"test: a-one\nsummary: first: of all\ntimeout_ms: 2000\ncpus: 2\nmemory_mib: 128\n"
	"disks: ext4 small\nmodules:\nconfig: CONFIG_A CONFIG_B\n\n"
	"test: b-two\ntimeout_ms: 1\nby_name: 0\n\n"
	"test: c-three\nby_name: 1\n";

static void test_reads(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) tests = fl_manifest_parse(text, "m", &error);
	const FlTest *test;

	g_assert_no_error(error);
	g_assert_cmpuint(tests->len, ==, 3);
	test = g_ptr_array_index(tests, 0);
	g_assert_cmpstr(test->name, ==, "a-one");
	g_assert_cmpstr(test->summary, ==, "first: of all");
	g_assert_cmpuint(test->timeout_ms, ==, 2000);
	g_assert_cmpuint(test->cpus, ==, 2);
	g_assert_cmpuint(g_strv_length(test->disks), ==, 2);
	g_assert_cmpuint(g_strv_length(test->modules), ==, 0);
	g_assert_cmpstr(test->config[1], ==, "CONFIG_B");
}

static void test_bad(void)
{
	static const char *const cases[] = {
		"summary: before any test\n", "test:\n", "test: a b\n", "test: a\ncolour: red\n",
		"test: a\ncpus: x\n",	      "noise\n"};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(fl_manifest_parse(cases[i], "m", &error));
		g_assert_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_SYNTAX);
		g_assert_true(g_str_has_prefix(error->message, "m:"));
	}
}

static void test_select(void)
{
	g_autoptr(GPtrArray) tests = fl_manifest_parse(text, "m", NULL);
	const char *const all[] = {"*", NULL}, *const second[] = {"b-*", "b-two", NULL};
	const char *const named[] = {"c-*", NULL}, *const none[] = {"a-*", "d-*", NULL};
	g_autoptr(GPtrArray) selected_all = fl_manifest_select(tests, all, NULL);
	g_autoptr(GPtrArray) selected_second = fl_manifest_select(tests, second, NULL);
	g_autoptr(GPtrArray) selected_named = fl_manifest_select(tests, named, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(selected_all->len, ==, 2);
	g_assert_cmpuint(selected_second->len, ==, 1);
	g_assert_cmpuint(selected_named->len, ==, 1);
	g_assert_null(fl_manifest_select(tests, none, &error));
	g_assert_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_UNKNOWN);
	g_assert_true(g_str_has_suffix(error->message, "there are a-one, b-two"));
}

static void test_real(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) tests = fl_manifest_load(FL_TEST_BUILDDIR "/guest/manifest", &error);

	g_assert_no_error(error);
	if (!tests)
		return;
	g_assert_cmpuint(tests->len, >=, 10);
	for (guint i = 0; i < tests->len; i++) {
		const FlTest *test = g_ptr_array_index(tests, i);

		g_assert_cmpuint(test->timeout_ms, >, 0);
		g_assert_cmpuint(strlen(test->summary), >, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/manifest/reads-what-tests-declare", test_reads);
	g_test_add_func("/manifest/refuses-what-it-does-not-know", test_bad);
	g_test_add_func("/manifest/a-glob-without-a-match-is-an-error", test_select);
	g_test_add_func("/manifest/the-guest-programs-own-is-complete", test_real);
	return g_test_run();
}
