// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/borrow: what was borrowed once stays, also when the user's repository loses
 * it; what nobody has is an error.
 */
#include "tests/kernel-fixture.h"
#include "kernel/borrow.h"
#include "kernel/worktree.h"

static void test_borrowed_tree_outlives_the_repository(KernelFixture *fixture, gconstpointer data)
{
	g_auto(FlTree) tree = {0};
	g_autofree char *src = fl_worktree_path(fixture->cache);
	g_autofree char *memory = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	run_in(fixture->tree,
	       "git init -q . && git add -A && git commit -qm all && git repack -adq");
	tree = fixture_tree(fixture);
	run_in(fixture->tree, "rm -rf .git");
	g_assert_true(fl_worktree_switch(fixture->cache, tree.id, NULL, &error));
	g_assert_no_error(error);
	memory = get_file(src, "mm/memory.c");
	g_assert_cmpstr(memory, ==, FAKE_MEMORY);
}

static void test_what_nobody_has_is_an_error(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *index = g_build_filename(fixture->scratch, "index", NULL);
	g_autofree char *objects = g_build_filename(fixture->tree, ".git", "objects", NULL);
	g_autofree char *id = NULL;
	FlGitRepo repo = {.cache_dir = fixture->cache, .index = index};
	const char *add[] = {"update-index", "--add", "--cacheinfo",
			     "100644,0123456789012345678901234567890123456789,gone.c", NULL};
	const char *write[] = {"write-tree", "--missing-ok", NULL};
	g_autoptr(GError) error = NULL;

	(void)data;
	run_in(fixture->tree, "git init -q .");
	g_assert_true(fl_gitrepo_init(fixture->cache, NULL, NULL));
	g_assert_true(fl_gitrepo_run(&repo, add, NULL, NULL, NULL));
	g_assert_true(fl_gitrepo_id(&repo, write, NULL, &id, NULL));
	g_assert_false(fl_borrow_tree(fixture->cache, id, objects, fixture->scratch, NULL, &error));
	g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/borrow/borrowed-tree-outlives-the-repository",
		    test_borrowed_tree_outlives_the_repository);
	KERNEL_TEST("/borrow/what-nobody-has-is-an-error", test_what_nobody_has_is_an_error);
	return g_test_run();
}
