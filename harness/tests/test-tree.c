// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/tree: the state is what the user's files are now, committed or not, and
 * nothing of the user's is written to.
 */
#include "tests/kernel-fixture.h"

/* Every file below a folder with type, size, times to the nanosecond and link target. */
static char *listing(const char *dir)
{
	const char *argv[] = {"sh", "-c",
			      "find . -printf '%p %y %s %m %T@ %C@ %l\\n' | LC_ALL=C sort", NULL};
	char *output = NULL;

	g_assert_true(fl_proc_run(&(FlProcSpec){.argv = argv, .cwd = dir}, NULL, &output, NULL));
	return output;
}

static char *state_of(const KernelFixture *fixture)
{
	g_auto(FlTree) tree = fixture_tree(fixture);

	return g_strdup(tree.id);
}

static void test_plain_folder(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *before = listing(fixture->tree);
	g_autofree char *first = state_of(fixture);
	g_autofree char *again = state_of(fixture);
	g_autofree char *after = listing(fixture->tree);
	g_autofree char *changed = NULL;

	(void)data;
	g_assert_cmpstr(first, ==, again);
	g_assert_cmpstr(before, ==, after);
	put_file(fixture->tree, "mm/memory.c", "other\n");
	changed = state_of(fixture);
	g_assert_cmpstr(changed, !=, first);
}

static void test_build_products_do_not_count(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *clean = state_of(fixture);
	g_autofree char *built = NULL;

	(void)data;
	put_file(fixture->tree, "mm/memory.o", "object");
	put_file(fixture->tree, ".config", "CONFIG_X=y\n");
	put_file(fixture->tree, "include/generated/x.h", "x");
	built = state_of(fixture);
	g_assert_cmpstr(clean, ==, built);
}

static void make_git(const KernelFixture *fixture)
{
	put_file(fixture->tree, ".gitignore", "*.o\n");
	run_in(fixture->tree, "git init -q . && git add -A && git commit -qm all && "
			      "echo '*.private' >> .git/info/exclude");
}

static void test_git_tree_as_it_lies_there(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *clean = NULL;
	g_autofree char *dirty = NULL;
	g_autofree char *same = NULL;

	(void)data;
	make_git(fixture);
	clean = state_of(fixture);
	put_file(fixture->tree, "mm/memory.c", "dirty\n");
	put_file(fixture->tree, "mm/new.c", "untracked\n");
	dirty = state_of(fixture);
	put_file(fixture->tree, "mm/ignored.o", "object\n");
	put_file(fixture->tree, "mm/mine.private", "excluded\n");
	same = state_of(fixture);
	g_assert_cmpstr(clean, !=, dirty);
	g_assert_cmpstr(dirty, ==, same);
	/* git's own opinion of the same state */
	run_in(fixture->tree, "git add -A && git write-tree > ../expected");
	g_free(clean);
	clean = get_file(fixture->scratch, "expected");
	g_assert_cmpstr(g_strstrip(clean), ==, dirty);
}

static void test_git_tree_is_never_written_to(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autofree char *state = NULL;

	(void)data;
	make_git(fixture);
	put_file(fixture->tree, "mm/memory.c", "dirty\n");
	/* The packed and the loose, another branch with what a write would find, and traps. */
	run_in(fixture->tree, "git repack -adq && git add mm && git commit -qm dirty && "
			      "git reset -q --hard HEAD~1 && echo dirty > mm/memory.c && "
			      "echo x >> mm/shmem.c && git add mm/shmem.c && echo y > mm/new.c && "
			      "git config core.fsmonitor 'touch ../ran; false'");
	before = listing(fixture->tree);
	state = state_of(fixture);
	after = listing(fixture->tree);
	g_assert_cmpstr(before, ==, after);
	g_assert_null(get_file(fixture->scratch, "ran"));
}

static void test_hidden_changes_are_seen(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *clean = NULL;
	g_autofree char *changed = NULL;

	(void)data;
	make_git(fixture);
	run_in(fixture->tree, "git update-index --assume-unchanged mm/memory.c");
	clean = state_of(fixture);
	put_file(fixture->tree, "mm/memory.c", "changed behind git's back\n");
	changed = state_of(fixture);
	g_assert_cmpstr(clean, !=, changed);
}

static void test_unusable_index_is_done_without(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *clean = NULL;
	g_autofree char *again = NULL;

	(void)data;
	make_git(fixture);
	clean = state_of(fixture);
	put_file(fixture->tree, ".git/index", "damaged");
	again = state_of(fixture);
	g_assert_cmpstr(clean, ==, again);
}

static void test_what_is_no_kernel_is_refused(KernelFixture *fixture, gconstpointer data)
{
	static const struct {
		const char *command, *says;
	} cases[] = {
		{"rm Kconfig", "no Kconfig"},
		{"echo all: > Makefile", "no VERSION and PATCHLEVEL"},
		{"rm Makefile", "no Makefile"},
		{"cd .. && rm -r tree && echo > tree", "not a folder"},
		{"rm tree", "No such file"},
	};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(FlTree) tree = {0};

		run_in(i < 4 ? fixture->tree : fixture->scratch, cases[i].command);
		g_assert_false(fl_tree_folder(fixture->cache, fixture->tree, NULL, &tree, &error));
		g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE);
		g_assert_nonnull(strstr(error->message, cases[i].says));
		g_assert_nonnull(strstr(error->message, fixture->tree));
	}
}

static void test_package_is_unpacked_once(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *tarball = g_build_filename(fixture->scratch, "linux.tar", NULL);
	g_autofree char *plain = state_of(fixture);
	g_auto(FlTree) first = {0};
	g_auto(FlTree) second = {0};
	g_auto(FlTree) third = {0};
	g_autofree char *unpacked = g_build_filename(fixture->cache, "work", "src", NULL);

	(void)data;
	run_in(fixture->scratch, "tar -cf linux.tar tree");
	g_assert_true(fl_tree_package(fixture->cache, tarball, NULL, &first, NULL));
	g_assert_cmpstr(first.id, ==, plain);
	g_assert_true(fl_fs_remove(unpacked, NULL));
	g_assert_true(fl_tree_package(fixture->cache, tarball, NULL, &second, NULL));
	g_assert_cmpstr(first.id, ==, second.id);
	/* Installed again: another time, the same content. */
	run_in(fixture->scratch, "touch linux.tar");
	g_assert_true(fl_tree_package(fixture->cache, tarball, NULL, &third, NULL));
	g_assert_cmpstr(first.id, ==, third.id);
	g_assert_false(g_file_test(unpacked, G_FILE_TEST_EXISTS));
}

static void test_bad_packages_are_refused(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *missing = g_build_filename(fixture->scratch, "none.tar", NULL);
	g_autofree char *broken = g_build_filename(fixture->scratch, "broken.tar", NULL);
	g_autoptr(GError) missing_error = NULL;
	g_autoptr(GError) broken_error = NULL;
	g_auto(FlTree) tree = {0};

	(void)data;
	put_file(fixture->scratch, "broken.tar", "this is no tar file");
	g_assert_false(fl_tree_package(fixture->cache, missing, NULL, &tree, &missing_error));
	g_assert_error(missing_error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE);
	g_assert_nonnull(strstr(missing_error->message, "apt install linux-source-6.12"));
	g_assert_false(fl_tree_package(fixture->cache, broken, NULL, &tree, &broken_error));
	g_assert_error(broken_error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE);
	g_assert_nonnull(strstr(broken_error->message, "broken.tar cannot be unpacked"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/tree/plain-folder", test_plain_folder);
	KERNEL_TEST("/tree/build-products-do-not-count", test_build_products_do_not_count);
	KERNEL_TEST("/tree/git-tree-as-it-lies-there", test_git_tree_as_it_lies_there);
	KERNEL_TEST("/tree/git-tree-is-never-written-to", test_git_tree_is_never_written_to);
	KERNEL_TEST("/tree/hidden-changes-are-seen", test_hidden_changes_are_seen);
	KERNEL_TEST("/tree/unusable-index-is-done-without", test_unusable_index_is_done_without);
	KERNEL_TEST("/tree/what-is-no-kernel-is-refused", test_what_is_no_kernel_is_refused);
	KERNEL_TEST("/tree/package-is-unpacked-once", test_package_is_unpacked_once);
	KERNEL_TEST("/tree/bad-packages-are-refused", test_bad_packages_are_refused);
	return g_test_run();
}
