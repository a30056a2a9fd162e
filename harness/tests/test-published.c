// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/published: all of a kernel appears or nothing, and what cannot be read does
 * not count as one.
 */
#include "tests/kernel-fixture.h"
#include "base/json.h"
#include "kernel/published.h"

static const char KEY[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static bool add(const KernelFixture *fixture, bool whole, GError **error)
{
	g_autofree char *obj = g_build_filename(fixture->scratch, "obj", NULL);
	g_autoptr(json_t) inputs = json_pack("{s:s}", "source_tree", "x");
	FlPublished entry = {.cache_dir = fixture->cache,
			     .key = KEY,
			     .obj = obj,
			     .inputs = inputs,
			     .origin = inputs};

	put_file(obj, "arch/x86/boot/bzImage", "image");
	put_file(obj, "vmlinux", "elf");
	put_file(obj, "include/config/kernel.release", "6.12.0\n");
	if (whole)
		put_file(obj, ".config", "CONFIG_SMP=y\n");
	return fl_published_add(&entry, error);
}

static void test_whole_kernel_is_found(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(FlKernel) none = fl_published_load(fixture->cache, KEY);
	g_autoptr(FlKernel) kernel = NULL;

	(void)data;
	g_assert_null(none);
	g_assert_true(add(fixture, true, NULL));
	kernel = fl_published_load(fixture->cache, KEY);
	g_assert_nonnull(kernel);
	g_assert_cmpstr(kernel->key, ==, KEY);
	g_assert_cmpstr(kernel->release, ==, "6.12.0");
	/* printf image | sha256sum */
	g_assert_cmpstr(kernel->bzimage_sha256, ==,
			"6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d");
}

static void test_half_kernel_is_no_kernel(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *kernels = g_build_filename(fixture->cache, "kernels", NULL);
	g_autoptr(GDir) left = NULL;

	(void)data;
	g_assert_false(add(fixture, false, &error));
	g_assert_nonnull(strstr(error->message, ".config"));
	g_assert_null(fl_published_load(fixture->cache, KEY));
	left = g_dir_open(kernels, 0, NULL);
	g_assert_null(g_dir_read_name(left));
}

static void test_damaged_kernel_makes_room(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(FlKernel) kernel = NULL;
	g_autofree char *name = g_strdup_printf("kernels/%s/inputs.json", KEY);

	(void)data;
	put_file(fixture->cache, name, "{");
	g_assert_null(fl_published_load(fixture->cache, KEY));
	g_assert_true(add(fixture, true, NULL));
	kernel = fl_published_load(fixture->cache, KEY);
	g_assert_nonnull(kernel);
}

static void test_hash_is_of_names_and_contents(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(fixture->scratch, "modules", NULL);
	g_autofree char *first = NULL;
	g_autofree char *same = NULL;
	g_autofree char *renamed = NULL;
	g_autofree char *changed = NULL;

	(void)data;
	put_file(dir, "a.c", "x");
	first = fl_published_hash(dir, NULL);
	run_in(dir, "touch a.c");
	same = fl_published_hash(dir, NULL);
	run_in(dir, "mv a.c b.c");
	renamed = fl_published_hash(dir, NULL);
	put_file(dir, "b.c", "y");
	changed = fl_published_hash(dir, NULL);
	g_assert_cmpstr(first, ==, same);
	g_assert_cmpstr(first, !=, renamed);
	g_assert_cmpstr(renamed, !=, changed);
	g_assert_null(fl_published_hash("/no-such-folder", NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/published/whole-kernel-is-found", test_whole_kernel_is_found);
	KERNEL_TEST("/published/half-kernel-is-no-kernel", test_half_kernel_is_no_kernel);
	KERNEL_TEST("/published/damaged-kernel-makes-room", test_damaged_kernel_makes_room);
	KERNEL_TEST("/published/hash-is-of-names-and-contents", test_hash_is_of_names_and_contents);
	return g_test_run();
}
