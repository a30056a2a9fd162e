// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/kcache: equal inputs are one kernel and are built once, a patch costs one
 * incremental build, and nothing unfinished is ever taken for a kernel.
 */
#include "tests/kernel-fixture.h"
#include "base/json.h"

typedef struct {
	char *fragment, *patch;
	const char *fragments[2], *patches[2];
} Paths;

static FlKernelSpec spec_of(const KernelFixture *fixture, Paths *paths)
{
	put_file(fixture->scratch, "a.config", "CONFIG_SMP=y\nCONFIG_NR_CPUS=8\n");
	put_file(fixture->scratch, "fix.patch",
		 "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n "
		 "three\n");
	paths->fragment = g_build_filename(fixture->scratch, "a.config", NULL);
	paths->patch = g_build_filename(fixture->scratch, "fix.patch", NULL);
	paths->fragments[0] = paths->fragment;
	paths->patches[0] = paths->patch;
	return (FlKernelSpec){.name = "fake",
			      .tree = fixture->tree,
			      .fragments = paths->fragments,
			      .cache_dir = fixture->cache,
			      .jobs = 1};
}

static void paths_clear(Paths *paths)
{
	g_free(paths->fragment);
	g_free(paths->patch);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Paths, paths_clear)

static FlKernel *get(const FlKernelSpec *spec)
{
	g_autoptr(GError) error = NULL;
	FlKernel *kernel = fl_kcache_get(spec, NULL, &error);

	g_assert_no_error(error);
	return kernel;
}

/* How many files the object trees of a cache had compiled so far. */
static unsigned compiled(const KernelFixture *fixture)
{
	g_autofree char *count = NULL;

	run_in(fixture->cache, "cat work/obj-*/compiled | wc -l > ../count");
	count = get_file(fixture->scratch, "count");
	return (unsigned)g_ascii_strtoull(count, NULL, 10);
}

static void test_built_once(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(FlKernel) first = get(&spec);
	g_autoptr(FlKernel) second = get(&spec);
	g_autofree char *sha256 = NULL;

	(void)data;
	g_assert_false(first->was_cached);
	g_assert_true(second->was_cached);
	g_assert_cmpuint(second->build_us, ==, 0);
	g_assert_cmpuint(compiled(fixture), ==, 2);
	g_assert_cmpstr(first->key, ==, second->key);
	g_assert_cmpuint(strlen(first->key), ==, 64);
	g_assert_cmpstr(first->release, ==, "6.12.0-fake");
	g_assert_null(first->modules);
	g_assert_true(fl_kcache_has_option(first->config, "CONFIG_SMP"));
	g_assert_false(fl_kcache_has_option(first->config, "CONFIG_TMPFS"));
	g_assert_true(g_file_test(first->bzimage, G_FILE_TEST_IS_REGULAR));
	g_assert_true(g_file_test(first->vmlinux, G_FILE_TEST_IS_REGULAR));
}

static void test_one_patch_costs_one_file(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(FlKernel) plain = get(&spec);
	g_autoptr(FlKernel) patched = NULL;
	g_autofree char *image = NULL;

	(void)data;
	spec.patches = paths.patches;
	patched = get(&spec);
	g_assert_cmpuint(compiled(fixture), ==, 3);
	g_assert_cmpstr(plain->key, !=, patched->key);
	g_assert_true(g_file_get_contents(patched->bzimage, &image, NULL, NULL));
	g_assert_nonnull(strstr(image, "TWO"));
}

static void test_two_ways_to_the_same_tree_are_one_kernel(KernelFixture *fixture,
							  gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(FlKernel) patched = NULL;
	g_autoptr(FlKernel) edited = NULL;

	(void)data;
	spec.patches = paths.patches;
	patched = get(&spec);
	put_file(fixture->tree, "mm/memory.c", "one\nTWO\nthree\nfour\nfive\nsix\nseven\neight\n");
	spec.patches = NULL;
	edited = get(&spec);
	g_assert_cmpstr(patched->key, ==, edited->key);
	g_assert_true(edited->was_cached);
}

static void test_every_input_changes_the_key(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autofree char *modules = g_build_filename(fixture->scratch, "modules", NULL);
	g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(FlKernel) plain = get(&spec);
	g_autoptr(FlKernel) patched = NULL;
	g_autoptr(FlKernel) configured = NULL;
	g_autoptr(FlKernel) with_modules = NULL;
	g_autoptr(FlKernel) other_modules = NULL;
	g_autofree char *module = NULL;

	(void)data;
	spec.patches = paths.patches;
	patched = get(&spec);
	put_file(fixture->scratch, "a.config", "CONFIG_SMP=y\nCONFIG_NR_CPUS=4\n");
	configured = get(&spec);
	put_file(fixture->scratch, "modules/probe.c", "module\n");
	spec.modules_dir = modules;
	with_modules = get(&spec);
	put_file(fixture->scratch, "modules/probe.c", "other module\n");
	other_modules = get(&spec);
	g_hash_table_add(keys, g_strdup(plain->key));
	g_hash_table_add(keys, g_strdup(patched->key));
	g_hash_table_add(keys, g_strdup(configured->key));
	g_hash_table_add(keys, g_strdup(with_modules->key));
	g_hash_table_add(keys, g_strdup(other_modules->key));
	g_assert_cmpuint(g_hash_table_size(keys), ==, 5);
	module = get_file(other_modules->modules, "probe.ko");
	g_assert_cmpstr(module, ==, "other module\n");
}

static void test_key_is_explained(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(FlKernel) kernel = NULL;
	const char *tree, *gcc, *file, *key;

	(void)data;
	spec.patches = paths.patches;
	kernel = get(&spec);
	g_assert_cmpint(json_unpack(kernel->inputs, "{s:s, s:{s:s, s:{s:s}}, s:{s:[{s:s}]}}", "key",
				    &key, "inputs", "source_tree", &tree, "toolchain", "gcc", &gcc,
				    "origin", "patches", "file", &file),
			==, 0);
	g_assert_cmpstr(key, ==, kernel->key);
	g_assert_cmpuint(strlen(tree), ==, 40);
	g_assert_cmpstr(file, ==, paths.patch);
}

static void test_errors_have_their_code(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(GError) compile_error = NULL;
	g_autoptr(GError) config_error = NULL;
	g_autoptr(FlKernel) mended = NULL;

	(void)data;
	put_file(fixture->tree, "mm/memory.c", "one\nBROKEN\n");
	g_assert_null(fl_kcache_get(&spec, NULL, &compile_error));
	g_assert_error(compile_error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_COMPILE);
	g_assert_nonnull(
		strstr(compile_error->message, "\n  mm/memory.c:2:1: error: BROKEN undeclared"));
	g_assert_nonnull(strstr(compile_error->message, "/logs/"));
	put_file(fixture->tree, "mm/memory.c", "one\n");
	mended = get(&spec);
	g_assert_nonnull(mended);
	put_file(fixture->scratch, "a.config",
		 "CONFIG_SMP=y\nCONFIG_NEEDS_MORE=y\nCONFIG_NONE=y\n");
	g_assert_null(fl_kcache_get(&spec, NULL, &config_error));
	g_assert_error(config_error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG);
	g_assert_nonnull(
		strstr(config_error->message, "a.config:2: CONFIG_NEEDS_MORE: wanted y, got n\n"));
	g_assert_nonnull(
		strstr(config_error->message, "a.config:3: CONFIG_NONE: wanted y, got n, no such"));
}

static void test_what_is_unfinished_is_built_again(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(FlKernel) first = get(&spec);
	g_autoptr(FlKernel) second = NULL;
	g_autofree char *inputs = g_build_filename(first->dir, "inputs.json", NULL);
	g_autofree char *stray = g_build_filename(fixture->cache, "kernels", "new-killed", NULL);

	(void)data;
	g_assert_true(fl_fs_remove(inputs, NULL));
	put_file(fixture->cache, "kernels/new-killed/bzImage", "half");
	second = get(&spec);
	g_assert_false(second->was_cached);
	g_assert_cmpstr(first->bzimage_sha256, ==, second->bzimage_sha256);
	g_assert_false(g_file_test(stray, G_FILE_TEST_EXISTS));
}

static void test_cancelled_call_says_so(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(GCancellable) cancel = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	(void)data;
	g_cancellable_cancel(cancel);
	g_assert_null(fl_kcache_get(&spec, cancel, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static FlKernel *again(const KernelFixture *fixture, const json_t *inputs, GError **error)
{
	FlKernelSpec spec = {.name = "fake", .cache_dir = fixture->cache, .jobs = 1};

	return fl_kcache_again(&spec, inputs, NULL, error);
}

static void test_again_is_the_same_kernel(KernelFixture *fixture, gconstpointer data)
{
	/* What the cache may have lost: nothing, the kernel, and the source state as well. */
	static const char *const losses[] = {":", "rm -r kernels",
					     "rm -rf kernels source.git states"};
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(FlKernel) first = NULL;

	(void)data;
	spec.patches = paths.patches;
	first = get(&spec);
	for (size_t i = 0; i < G_N_ELEMENTS(losses); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(FlKernel) kernel = NULL;

		run_in(fixture->cache, losses[i]);
		kernel = again(fixture, first->inputs, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(kernel->key, ==, first->key);
		g_assert_cmpstr(kernel->bzimage_sha256, ==, first->bzimage_sha256);
		g_assert_true(kernel->was_cached == (i == 0));
	}
}

static void test_again_is_never_another_kernel(KernelFixture *fixture, gconstpointer data)
{
	g_auto(Paths) paths = {0};
	FlKernelSpec spec = spec_of(fixture, &paths);
	g_autoptr(FlKernel) first = NULL;
	g_autoptr(GError) changed = NULL;
	g_autoptr(GError) foreign = NULL;
	g_autoptr(json_t) image = json_pack("{s:s}", "image_sha256", "x");

	(void)data;
	spec.patches = paths.patches;
	first = get(&spec);
	run_in(fixture->cache, "rm -rf kernels source.git states; sed -i s/TWO/2/ ../fix.patch");
	g_assert_null(again(fixture, first->inputs, &changed));
	g_assert_error(changed, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE);
	g_assert_nonnull(strstr(changed->message, "no longer as it was recorded: source_tree"));
	g_assert_null(again(fixture, image, &foreign));
	g_assert_error(foreign, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/kcache/built-once", test_built_once);
	KERNEL_TEST("/kcache/one-patch-costs-one-file", test_one_patch_costs_one_file);
	KERNEL_TEST("/kcache/two-ways-to-the-same-tree-are-one-kernel",
		    test_two_ways_to_the_same_tree_are_one_kernel);
	KERNEL_TEST("/kcache/every-input-changes-the-key", test_every_input_changes_the_key);
	KERNEL_TEST("/kcache/key-is-explained", test_key_is_explained);
	KERNEL_TEST("/kcache/errors-have-their-code", test_errors_have_their_code);
	KERNEL_TEST("/kcache/what-is-unfinished-is-built-again",
		    test_what_is_unfinished_is_built_again);
	KERNEL_TEST("/kcache/again-is-the-same-kernel", test_again_is_the_same_kernel);
	KERNEL_TEST("/kcache/again-is-never-another-kernel", test_again_is_never_another_kernel);
	KERNEL_TEST("/kcache/cancelled-call-says-so", test_cancelled_call_says_so);
	return g_test_run();
}
