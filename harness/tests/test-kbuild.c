// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/kbuild: one object tree for each configuration, a state costs what differs,
 * and a build that was cut off is mended by the next.
 */
#include "tests/kernel-fixture.h"
#include "kernel/kbuild.h"
#include "kernel/kconfig.h"

typedef struct {
	GPtrArray *wishes;
	char *log_path;
	FlKbuild build;
} Setup;

static void setup_clear(Setup *setup)
{
	g_clear_pointer(&setup->wishes, g_ptr_array_unref);
	g_clear_pointer(&setup->log_path, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setup, setup_clear)

static void prepare(const KernelFixture *fixture, Setup *setup, const FlTree *tree)
{
	g_autofree char *fragment = g_build_filename(fixture->scratch, "a.config", NULL);

	put_file(fixture->scratch, "a.config", "CONFIG_SMP=y\n");
	setup->wishes = fl_kconfig_load((const char *[]){fragment, NULL}, NULL);
	setup->log_path = g_build_filename(fixture->scratch, "log", NULL);
	setup->build = (FlKbuild){.cache_dir = fixture->cache,
				  .name = "fake",
				  .tree_id = tree->id,
				  .wishes = setup->wishes,
				  .toolchain = "tools",
				  .log_path = setup->log_path,
				  .jobs = 1};
}

static char *build(const Setup *setup)
{
	g_autoptr(GError) error = NULL;
	char *obj = NULL;
	unsigned steps;

	g_assert_true(fl_kbuild_run(&setup->build, NULL, &obj, &steps, &error));
	g_assert_no_error(error);
	return obj;
}

static void test_configurations_have_their_own_trees(KernelFixture *fixture, gconstpointer data)
{
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_auto(Setup) setup = {0};
	g_autofree char *first = NULL;
	g_autofree char *same = NULL;
	g_autofree char *other = NULL;

	(void)data;
	prepare(fixture, &setup, &tree);
	first = build(&setup);
	same = build(&setup);
	setup.build.toolchain = "other tools";
	other = build(&setup);
	g_assert_cmpstr(first, ==, same);
	g_assert_cmpstr(first, !=, other);
}

static void test_config_is_the_wanted_one(KernelFixture *fixture, gconstpointer data)
{
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_auto(Setup) setup = {0};
	g_autofree char *obj = NULL;
	g_autofree char *config = NULL;

	(void)data;
	prepare(fixture, &setup, &tree);
	obj = build(&setup);
	config = get_file(obj, ".config");
	g_assert_cmpstr(config, ==, "CONFIG_SMP=y\n");
}

static void test_killed_build_is_mended(KernelFixture *fixture, gconstpointer data)
{
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_auto(Setup) setup = {0};
	g_autofree char *obj = NULL;
	g_autofree char *again = NULL;
	g_autofree char *name = NULL;
	g_autofree char *object = NULL;
	g_autofree char *image = NULL;
	g_autofree char *config = NULL;

	(void)data;
	prepare(fixture, &setup, &tree);
	obj = build(&setup);
	/* As a killed make leaves it: the mark, and an object that is newer than its source. */
	name = g_strconcat(obj, ".building", NULL);
	g_assert_true(fl_fs_write(name, "", 0, NULL));
	put_file(obj, "memory.o", "tor");
	put_file(obj, ".config", "CONFIG_TOR");
	again = build(&setup);
	config = get_file(again, ".config");
	g_assert_cmpstr(config, ==, "CONFIG_SMP=y\n");
	object = get_file(again, "memory.o");
	image = get_file(again, "arch/x86/boot/bzImage");
	g_assert_cmpstr(object, ==, FAKE_MEMORY);
	g_assert_null(strstr(image, "tor\n"));
	g_assert_nonnull(strstr(image, "eight\nshared\n"));
}

static void test_modules_are_of_the_folder_now(KernelFixture *fixture, gconstpointer data)
{
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_auto(Setup) setup = {0};
	g_autofree char *modules = g_build_filename(fixture->scratch, "modules", NULL);
	g_autofree char *obj = NULL;
	g_autofree char *built = NULL;
	g_autofree char *text = NULL;

	(void)data;
	prepare(fixture, &setup, &tree);
	setup.build.modules_dir = modules;
	setup.build.modules_hash = "1";
	put_file(modules, "old.c", "old");
	obj = build(&setup);
	run_in(modules, "rm old.c; echo new > new.c");
	setup.build.modules_hash = "2";
	g_free(obj);
	obj = build(&setup);
	built = fl_kbuild_modules(obj);
	text = get_file(built, "new.ko");
	g_assert_cmpstr(text, ==, "new\n");
	g_assert_null(get_file(built, "old.ko"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/kbuild/configurations-have-their-own-trees",
		    test_configurations_have_their_own_trees);
	KERNEL_TEST("/kbuild/config-is-the-wanted-one", test_config_is_the_wanted_one);
	KERNEL_TEST("/kbuild/killed-build-is-mended", test_killed_build_is_mended);
	KERNEL_TEST("/kbuild/modules-are-of-the-folder-now", test_modules_are_of_the_folder_now);
	return g_test_run();
}
