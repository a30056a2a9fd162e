// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/kmake: nothing of the user's environment reaches a kernel build, and what
 * goes wrong is said in the compiler's words.
 */
#include "tests/kernel-fixture.h"
#include "kernel/kmake.h"
#include "kernel/worktree.h"

static bool run(KernelFixture *fixture, const char *target, char **ret_log, unsigned *ret_steps,
		GError **error)
{
	g_autofree char *src = fl_worktree_path(fixture->cache);
	g_autofree char *obj = g_build_filename(fixture->scratch, "obj", NULL);
	g_autofree char *log_path = g_build_filename(fixture->scratch, "log", NULL);
	const char *targets[] = {target, NULL};
	FlKmake make = {.cache_dir = fixture->cache,
			.name = "fake",
			.obj = obj,
			.targets = targets,
			.log_path = log_path,
			.doing = "building",
			.jobs = 1};
	bool ok;

	put_fake_kernel(src);
	put_file(src, "mm/shmem.c", "two\nBROKEN\n");
	put_file(obj, ".config", "CONFIG_SMP=y\n");
	ok = fl_kmake_run(&make, NULL, ret_steps, error);
	*ret_log = get_file(fixture->scratch, "log");
	return ok;
}

static void test_environment_is_ours(KernelFixture *fixture, gconstpointer data)
{
	static const char *const leaks[] = {"KCFLAGS",	 "ARCH", "CROSS_COMPILE",
					    "MAKEFLAGS", "LLVM", "CPATH"};
	g_autofree char *log = NULL;
	g_autofree char *flags =
		g_strdup_printf("\nKCFLAGS=-ffile-prefix-map=%s/obj=. ", fixture->scratch);

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(leaks); i++)
		g_setenv(leaks[i], "leak", TRUE);
	g_assert_true(run(fixture, "env", &log, NULL, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(leaks); i++)
		g_unsetenv(leaks[i]);
	g_assert_null(strstr(log, "leak"));
	g_assert_nonnull(strstr(log, flags));
	g_assert_nonnull(strstr(log, "\nKBUILD_BUILD_HOST=faultline\n"));
	g_assert_nonnull(strstr(log, "\nPATH="));
	g_assert_null(strstr(log, "\nHOME="));
}

static void test_steps_are_counted_and_logged(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *log = NULL;
	g_autofree char *obj = g_build_filename(fixture->scratch, "obj/memory.o", NULL);
	g_autoptr(GError) error = NULL;
	unsigned steps = 0;

	(void)data;
	g_assert_true(run(fixture, obj, &log, &steps, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(steps, ==, 1);
	g_assert_nonnull(strstr(log, "  CC      mm/memory.o\n"));
}

static void test_compiler_errors_are_told(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *log = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_false(run(fixture, "bzImage", &log, NULL, &error));
	g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_COMPILE);
	g_assert_nonnull(strstr(error->message, "\n  mm/shmem.c:2:1: error: BROKEN undeclared"));
	g_assert_nonnull(strstr(error->message, "/log"));
}

static void test_make_that_was_killed_is_not_the_kernels_fault(KernelFixture *fixture,
							       gconstpointer data)
{
	g_autofree char *log = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_false(run(fixture, "die", &log, NULL, &error));
	g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL);
}

static void test_toolchain_has_versions(void)
{
	g_autoptr(GError) error = NULL;
	json_t *versions = fl_kmake_toolchain(NULL, &error);
	const char *gcc, *as, *ld, *make;

	g_assert_no_error(error);
	g_assert_cmpint(json_unpack(versions, "{s:s, s:s, s:s, s:s}", "gcc", &gcc, "as", &as, "ld",
				    &ld, "make", &make),
			==, 0);
	g_assert_nonnull(strpbrk(gcc, "0123456789"));
	g_assert_true(g_str_has_prefix(make, "GNU Make"));
	json_decref(versions);
}

static void test_recipe_names_no_folder(KernelFixture *fixture, gconstpointer data)
{
	json_t *recipe = fl_kmake_recipe();
	char *text = json_dumps(recipe, JSON_COMPACT);

	(void)data;
	g_assert_null(strstr(text, fixture->scratch));
	g_assert_nonnull(strstr(text, "KBUILD_BUILD_TIMESTAMP"));
	g_assert_nonnull(strstr(text, "-ffile-prefix-map"));
	free(text);
	json_decref(recipe);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/kmake/environment-is-ours", test_environment_is_ours);
	KERNEL_TEST("/kmake/steps-are-counted-and-logged", test_steps_are_counted_and_logged);
	KERNEL_TEST("/kmake/compiler-errors-are-told", test_compiler_errors_are_told);
	KERNEL_TEST("/kmake/make-that-was-killed-is-not-the-kernels-fault",
		    test_make_that_was_killed_is_not_the_kernels_fault);
	KERNEL_TEST("/kmake/recipe-names-no-folder", test_recipe_names_no_folder);
	g_test_add_func("/kmake/toolchain-has-versions", test_toolchain_has_versions);
	return g_test_run();
}
