// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/gitrepo: neither the user's git settings nor a surrounding git command has a
 * say, and git's own words are in the error.
 */
#include "tests/kernel-fixture.h"

static void test_surrounding_git_does_not_leak_in(KernelFixture *fixture, gconstpointer data)
{
	const char *config[] = {"config", "--list", NULL};
	const char *rev_parse[] = {"rev-parse", "--absolute-git-dir", NULL};
	g_autofree char *settings = NULL;
	g_autofree char *dir = NULL;
	g_autoptr(GError) error = NULL;
	FlGitRepo repo = {.cache_dir = fixture->cache};

	(void)data;
	g_assert_true(fl_gitrepo_init(fixture->cache, NULL, NULL));
	put_file(fixture->scratch, "gitconfig", "[user]\n\tname = leak\n");
	g_setenv("GIT_CONFIG_GLOBAL", "/no-such-file", TRUE);
	g_setenv("GIT_CONFIG_COUNT", "1", TRUE);
	g_setenv("GIT_CONFIG_KEY_0", "user.name", TRUE);
	g_setenv("GIT_CONFIG_VALUE_0", "leak", TRUE);
	g_setenv("GIT_DIR", "/no-such-folder", TRUE);
	g_setenv("GIT_INDEX_FILE", "/no-such-index", TRUE);
	g_assert_true(fl_gitrepo_run(&repo, config, NULL, &settings, &error));
	g_assert_no_error(error);
	g_assert_true(fl_gitrepo_run(&repo, rev_parse, NULL, &dir, NULL));
	g_unsetenv("GIT_CONFIG_GLOBAL");
	g_unsetenv("GIT_CONFIG_COUNT");
	g_unsetenv("GIT_DIR");
	g_unsetenv("GIT_INDEX_FILE");
	g_assert_null(strstr(settings, "leak"));
	g_assert_nonnull(strstr(settings, "gc.auto=0"));
	g_assert_true(g_str_has_prefix(dir, fixture->cache));
}

static void test_errors_are_in_gits_words(KernelFixture *fixture, gconstpointer data)
{
	const char *read[] = {"read-tree", "0123456789012345678901234567890123456789", NULL};
	const char *version[] = {"version", NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) id_error = NULL;
	FlGitRepo repo = {.cache_dir = fixture->cache};
	char *id;

	(void)data;
	g_assert_true(fl_gitrepo_init(fixture->cache, NULL, NULL));
	g_assert_false(fl_gitrepo_run(&repo, read, NULL, NULL, &error));
	g_assert_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL);
	g_assert_nonnull(strstr(error->message, "git read-tree: fatal: "));
	g_assert_false(fl_gitrepo_id(&repo, version, NULL, &id, &id_error));
	g_assert_nonnull(strstr(id_error->message, "no object id but \"git version"));
}

static void test_only_the_top_of_a_work_tree_is_one(KernelFixture *fixture, gconstpointer data)
{
	const char *args[] = {"--show-cdup", NULL};
	g_autofree char *below = g_build_filename(fixture->tree, "mm", NULL);
	g_auto(GStrv) at_top = NULL;
	g_auto(GStrv) inside = NULL;

	(void)data;
	run_in(fixture->tree, "git init -q .");
	at_top = fl_gitrepo_ask(fixture->tree, args, NULL);
	inside = fl_gitrepo_ask(below, args, NULL);
	g_assert_null(fl_gitrepo_ask(fixture->cache, args, NULL));
	g_assert_cmpstr(at_top[0], ==, "");
	g_assert_cmpstr(inside[0], ==, "../");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/gitrepo/surrounding-git-does-not-leak-in",
		    test_surrounding_git_does_not_leak_in);
	KERNEL_TEST("/gitrepo/errors-are-in-gits-words", test_errors_are_in_gits_words);
	KERNEL_TEST("/gitrepo/only-the-top-of-a-work-tree-is-one",
		    test_only_the_top_of_a_work_tree_is_one);
	return g_test_run();
}
