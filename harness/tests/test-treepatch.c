// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/treepatch: exactly or not at all, in order, and the error names the hunk.
 */
#include "tests/kernel-fixture.h"
#include "kernel/treepatch.h"

#define HEADER "--- a/mm/memory.c\n+++ b/mm/memory.c\n"

static bool apply(const KernelFixture *fixture, FlTree *tree, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(fixture->scratch, "fix.patch", NULL);

	put_file(fixture->scratch, "fix.patch", text);
	return fl_treepatch_apply(fixture->cache, tree, (const char *[]){path, NULL}, NULL, error);
}

static void test_patch_gives_the_edited_tree(KernelFixture *fixture, gconstpointer data)
{
	static const char *const texts[] = {
		HEADER "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n",
		"From: x\nSubject: [PATCH] y\n\nWords.\n---\n mm/memory.c | 2 +-\n\n" HEADER
		"@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n-- \n2.40.1\n\n",
		"--- a/mm/memory.c\r\n+++ b/mm/memory.c\r\n@@ -1,3 +1,3 @@\r\n "
		"one\r\n-two\r\n+TWO\r\n three\r\n",
		/* Moved by two lines: the context fits exactly somewhere else. */
		HEADER "@@ -3,3 +3,3 @@\n one\n-two\n+TWO\n three\n",
	};
	g_auto(FlTree) plain = fixture_tree(fixture);
	g_auto(FlTree) edited = {0};

	(void)data;
	put_file(fixture->tree, "mm/memory.c", "one\nTWO\nthree\nfour\nfive\nsix\nseven\neight\n");
	edited = fixture_tree(fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_auto(FlTree) tree = {.id = g_strdup(plain.id), .origin = json_object()};
		g_autoptr(GError) error = NULL;

		g_assert_true(apply(fixture, &tree, texts[i], &error));
		g_assert_no_error(error);
		g_assert_cmpstr(tree.id, ==, edited.id);
		g_assert_cmpuint(json_array_size(json_object_get(tree.origin, "patches")), ==, 1);
	}
}

static void test_what_does_not_apply_names_file_and_hunk(KernelFixture *fixture, gconstpointer data)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{HEADER "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n@@ -6,3 +6,3 @@\n "
			"six\n-7\n+SEVEN\n eight\n",
		 "patch fix.patch does not apply: mm/memory.c, hunk 2 (line 6)"},
		/* One line of context differs: patch(1) would apply it with fuzz. */
		{HEADER "@@ -1,4 +1,4 @@\n ONE\n two\n-three\n+THREE\n four\n",
		 "mm/memory.c, hunk 1 (line 1)"},
		{"--- a/mm/none.c\n+++ b/mm/none.c\n@@ -1 +1 @@\n-a\n+b\n",
		 "mm/none.c is not in this tree"},
		{"--- /dev/null\n+++ b/mm/shmem.c\n@@ -0,0 +1 @@\n+a\n",
		 "creates mm/shmem.c, which is there"},
		{HEADER "@@ -1,3 +1,3 @@\n one\n-two\n", "corrupt patch"},
		{"Words only.\n", "patch fix.patch contains no change"},
		{HEADER "@@ -1,2 +1,2 @@\n-one\n+one\n two\n",
		 "contains no change: the tree is the same"},
		{"--- a/../x\n+++ b/../x\n@@ -0,0 +1 @@\n+a\n", "leads out of the kernel tree"},
	};
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_autofree char *before = g_strdup(tree.id);

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(apply(fixture, &tree, cases[i].text, &error));
		g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH);
		if (!strstr(error->message, cases[i].says))
			g_test_message("case %zu: %s", i, error->message);
		g_assert_nonnull(strstr(error->message, cases[i].says));
		g_assert_cmpstr(tree.id, ==, before);
	}
}

static void test_series_goes_in_order(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *first = g_build_filename(fixture->scratch, "1.patch", NULL);
	g_autofree char *second = g_build_filename(fixture->scratch, "2.patch", NULL);
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_auto(FlTree) turned = fixture_tree(fixture);
	g_autoptr(GError) error = NULL;

	(void)data;
	put_file(fixture->scratch, "1.patch", HEADER "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
	put_file(fixture->scratch, "2.patch", HEADER "@@ -1,3 +1,3 @@\n one\n-2\n+zwei\n three\n");
	g_assert_true(fl_treepatch_apply(fixture->cache, &tree,
					 (const char *[]){first, second, NULL}, NULL, &error));
	g_assert_no_error(error);
	g_assert_false(fl_treepatch_apply(fixture->cache, &turned,
					  (const char *[]){second, first, NULL}, NULL, &error));
	g_assert_nonnull(strstr(error->message, "2.patch"));
}

/* The second call begins where the first one ended, and must come to what one call comes to. */
static void test_series_goes_on_from_what_is_known(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *first = g_build_filename(fixture->scratch, "1.patch", NULL);
	g_autofree char *second = g_build_filename(fixture->scratch, "2.patch", NULL);
	g_auto(FlTree) part = fixture_tree(fixture);
	g_auto(FlTree) whole = fixture_tree(fixture);
	g_auto(FlTree) edited = {0};
	g_autoptr(GError) error = NULL;

	(void)data;
	put_file(fixture->scratch, "1.patch", HEADER "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
	put_file(fixture->scratch, "2.patch", HEADER "@@ -1,3 +1,3 @@\n one\n-2\n+zwei\n three\n");
	put_file(fixture->tree, "mm/memory.c", "one\nzwei\nthree\nfour\nfive\nsix\nseven\neight\n");
	edited = fixture_tree(fixture);
	g_assert_true(fl_treepatch_apply(fixture->cache, &part, (const char *[]){first, NULL}, NULL,
					 &error));
	/* Whatever was kept to be quick may be lost. */
	run_in(fixture->cache, "rm -rf start");
	g_assert_true(fl_treepatch_apply(fixture->cache, &whole,
					 (const char *[]){first, second, NULL}, NULL, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(whole.id, ==, edited.id);
	g_assert_cmpuint(json_array_size(json_object_get(whole.origin, "patches")), ==, 2);
	run_in(fixture->cache, "test \"$(ls start | wc -l)\" = 1");
}

static void test_patched_git_tree_leaves_the_repository_alone(KernelFixture *fixture,
							      gconstpointer data)
{
	g_auto(FlTree) tree = {0};
	g_autoptr(GError) error = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	(void)data;
	/* The result of the patch is in the repository already: git would renew its time stamp. */
	run_in(fixture->tree,
	       "git init -q . && git add -A && git commit -qm one && "
	       "sed -i s/two/TWO/ mm/memory.c && git commit -qam two && "
	       "git reset -q --hard HEAD~1 && find . -newermt 2000-01-01 -printf '%p %T@\\n' | "
	       "sort > ../before");
	tree = fixture_tree(fixture);
	g_assert_true(apply(fixture, &tree, HEADER "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n",
			    &error));
	g_assert_no_error(error);
	run_in(fixture->tree, "find . -newermt 2000-01-01 -printf '%p %T@\\n' | sort > ../after");
	before = get_file(fixture->scratch, "before");
	after = get_file(fixture->scratch, "after");
	g_assert_cmpstr(before, ==, after);
}

static void test_missing_patch_is_named(KernelFixture *fixture, gconstpointer data)
{
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_false(fl_treepatch_apply(fixture->cache, &tree,
					  (const char *[]){"/none.patch", NULL}, NULL, &error));
	g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_PATCH);
	g_assert_nonnull(strstr(error->message, "/none.patch"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/treepatch/patch-gives-the-edited-tree", test_patch_gives_the_edited_tree);
	KERNEL_TEST("/treepatch/what-does-not-apply-names-file-and-hunk",
		    test_what_does_not_apply_names_file_and_hunk);
	KERNEL_TEST("/treepatch/series-goes-in-order", test_series_goes_in_order);
	KERNEL_TEST("/treepatch/series-goes-on-from-what-is-known",
		    test_series_goes_on_from_what_is_known);
	KERNEL_TEST("/treepatch/patched-git-tree-leaves-the-repository-alone",
		    test_patched_git_tree_leaves_the_repository_alone);
	KERNEL_TEST("/treepatch/missing-patch-is-named", test_missing_patch_is_named);
	return g_test_run();
}
