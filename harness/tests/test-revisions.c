// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/revisions and of kernel/tree about commits: parents first, merges known, and
 * the state of a commit is that of its checkout, with nothing of the user's written to.
 */
#include "tests/kernel-fixture.h"

#include "kernel/revisions.h"

static void make_history(const KernelFixture *fixture)
{
	run_in(fixture->tree,
	       "git init -q -b main . && git add -A && git commit -qm first && git tag first && "
	       "echo a >> mm/shmem.c && git commit -qam 'mm: a	tab' && git checkout -qb side "
	       "first && "
	       "echo b >> mm/memory.c && git commit -qam b && git checkout -q main && "
	       "git merge -q side -m merge && git tag last && git rev-parse 'last^{tree}' > "
	       "../last");
}

static void test_between(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = NULL;
	const FlRevision *last;

	(void)data;
	make_history(fixture);
	found = fl_revisions_between(fixture->tree, "first", "last", NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(found->len, ==, 4);
	g_assert_cmpstr(((FlRevision *)found->pdata[0])->subject, ==, "first");
	last = found->pdata[3];
	g_assert_cmpstr(last->subject, ==, "merge");
	g_assert_cmpuint(last->parents->len, ==, 2);
	for (guint i = 1; i < 3; i++) {
		const GArray *parents = ((FlRevision *)found->pdata[i])->parents;

		g_assert_cmpuint(parents->len, ==, 1);
		g_assert_cmpuint(g_array_index(parents, unsigned, 0), ==, 0);
	}
}

static void test_refusals(KernelFixture *fixture, gconstpointer data)
{
	static const char *const pairs[][2] = {
		{"first", "nonsense"}, {"last", "first"}, {"first", "--all"}, {"last", "last"}};

	(void)data;
	make_history(fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(fl_revisions_between(fixture->tree, pairs[i][0], pairs[i][1], NULL,
						   &error));
		g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE);
	}
}

static void test_state(KernelFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) second = NULL;
	g_autofree char *wanted = NULL;
	g_auto(FlTree) tree = {0};
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	(void)data;
	make_history(fixture);
	run_in(fixture->tree,
	       "echo dirty >> mm/memory.c; find . -printf '%p %s %T@\\n' > ../before");
	wanted = g_strstrip(get_file(fixture->scratch, "last"));
	g_assert_true(fl_tree_revision(fixture->cache, fixture->tree, "last", NULL, &tree, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(tree.id, ==, wanted);
	run_in(fixture->tree, "find . -printf '%p %s %T@\\n' > ../after");
	before = get_file(fixture->scratch, "before");
	after = get_file(fixture->scratch, "after");
	g_assert_cmpstr(before, ==, after);
	/* Whole in the cache: every file can be read there. */
	g_assert_true(fl_gitrepo_run(&(FlGitRepo){.cache_dir = fixture->cache},
				     (const char *[]){"archive", tree.id, "-o", "/dev/null", NULL},
				     NULL, NULL, &error));
	g_assert_no_error(error);
	g_assert_false(
		fl_tree_revision(fixture->cache, fixture->tree, "nonsense", NULL, &tree, &second));
	g_assert_nonnull(strstr(second->message, "nonsense"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/revisions/between", test_between);
	KERNEL_TEST("/revisions/refusals", test_refusals);
	KERNEL_TEST("/revisions/state-of-a-commit", test_state);
	return g_test_run();
}
