// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/kresolve: a configuration is made once for all states that agree on it, and
 * made again when a Kconfig file differs.
 */
#include "tests/kernel-fixture.h"
#include "kernel/kconfig.h"
#include "kernel/kresolve.h"
#include "kernel/worktree.h"

static char *resolve(const KernelFixture *fixture, const char *fragment_text, GError **error)
{
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_autofree char *fragment = g_build_filename(fixture->scratch, "a.config", NULL);
	g_autofree char *log_path = g_build_filename(fixture->scratch, "log", NULL);
	g_autoptr(GPtrArray) wishes = NULL;
	char *config = NULL;
	FlKbuild build = {.cache_dir = fixture->cache,
			  .name = "fake",
			  .tree_id = tree.id,
			  .toolchain = "tools",
			  .log_path = log_path,
			  .jobs = 1};

	put_file(fixture->scratch, "a.config", fragment_text);
	put_file(fixture->scratch, "log", "");
	wishes = fl_kconfig_load((const char *[]){fragment, NULL}, NULL);
	build.wishes = wishes;
	g_assert_true(fl_worktree_switch(fixture->cache, tree.id, NULL, NULL));
	return fl_kresolve_config(&build, NULL, &config, error) ? config : NULL;
}

/* Whether the last call had to run make. */
static bool ran_make(const KernelFixture *fixture)
{
	g_autofree char *log = get_file(fixture->scratch, "log");

	return *log != '\0';
}

static void test_made_once_for_equal_kconfig_files(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *first = resolve(fixture, "CONFIG_SMP=y\n", NULL);
	g_autofree char *second = NULL;
	g_autofree char *third = NULL;

	(void)data;
	g_assert_cmpstr(first, ==, "CONFIG_SMP=y\n");
	g_assert_true(ran_make(fixture));
	put_file(fixture->tree, "mm/memory.c", "another state\n");
	second = resolve(fixture, "CONFIG_SMP=y\n", NULL);
	g_assert_cmpstr(second, ==, first);
	g_assert_false(ran_make(fixture));
	put_file(fixture->tree, "mm/Kconfig", "config MORE\n");
	third = resolve(fixture, "CONFIG_SMP=y\n", NULL);
	g_assert_cmpstr(third, ==, first);
	g_assert_true(ran_make(fixture));
}

static void test_lost_wishes_are_listed_each_time(KernelFixture *fixture, gconstpointer data)
{
	(void)data;
	for (int i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(resolve(fixture, "CONFIG_NEEDS_MORE=y\nCONFIG_NO_SUCH=m\n", &error));
		g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG);
		g_assert_nonnull(
			strstr(error->message, "a.config:1: CONFIG_NEEDS_MORE: wanted y, got n\n"));
		g_assert_nonnull(strstr(error->message,
					"a.config:2: CONFIG_NO_SUCH: wanted m, got n, no such "
					"option in this tree"));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/kresolve/made-once-for-equal-kconfig-files",
		    test_made_once_for_equal_kconfig_files);
	KERNEL_TEST("/kresolve/lost-wishes-are-listed-each-time",
		    test_lost_wishes_are_listed_each_time);
	return g_test_run();
}
