// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of kernel/worktree: a switch writes only what differs, mends what was torn, and nobody
 * works in the tree while a compiler of somebody else's still does.
 */
#include "tests/kernel-fixture.h"
#include "kernel/worktree.h"

#include <sys/stat.h>
#include <unistd.h>

static uint64_t written_at(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	struct stat st;

	g_assert_cmpint(stat(path, &st), ==, 0);
	return (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

static void switch_to(const KernelFixture *fixture, const char *id)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_worktree_switch(fixture->cache, id, NULL, &error));
	g_assert_no_error(error);
}

static void test_only_what_differs_is_written(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *src = fl_worktree_path(fixture->cache);
	g_auto(FlTree) first = fixture_tree(fixture);
	g_auto(FlTree) second = {0};
	g_autofree char *text = NULL;
	uint64_t memory, shmem;

	(void)data;
	put_file(fixture->tree, "mm/memory.c", "second\n");
	put_file(fixture->tree, "mm/new.c", "new\n");
	second = fixture_tree(fixture);
	switch_to(fixture, first.id);
	memory = written_at(src, "mm/memory.c");
	shmem = written_at(src, "mm/shmem.c");
	g_usleep(20000);
	switch_to(fixture, second.id);
	text = get_file(src, "mm/memory.c");
	g_assert_cmpstr(text, ==, "second\n");
	g_assert_cmpuint(written_at(src, "mm/memory.c"), >, memory);
	g_assert_cmpuint(written_at(src, "mm/shmem.c"), ==, shmem);
	memory = written_at(src, "mm/memory.c");
	g_usleep(20000);
	switch_to(fixture, first.id);
	g_assert_null(get_file(src, "mm/new.c"));
	/* The old content with a new time: make has to see it. */
	g_assert_cmpuint(written_at(src, "mm/memory.c"), >, memory);
}

static void test_torn_tree_is_mended(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *src = fl_worktree_path(fixture->cache);
	g_auto(FlTree) tree = fixture_tree(fixture);
	g_autofree char *memory = NULL;
	g_autofree char *shmem = NULL;

	(void)data;
	switch_to(fixture, tree.id);
	put_file(src, "mm/memory.c", "on");
	run_in(src, "rm mm/shmem.c");
	put_file(fixture->cache, "work/index.lock", "of a git that was killed");
	switch_to(fixture, tree.id);
	memory = get_file(src, "mm/memory.c");
	shmem = get_file(src, "mm/shmem.c");
	g_assert_cmpstr(memory, ==, FAKE_MEMORY);
	g_assert_cmpstr(shmem, ==, "shared\n");
}

static gboolean give_up(gpointer cancel)
{
	g_cancellable_cancel(cancel);
	return G_SOURCE_REMOVE;
}

static void test_compilers_left_behind_are_waited_for(KernelFixture *fixture, gconstpointer data)
{
	g_autofree char *children = fl_worktree_children_lock(fixture->cache);
	g_autofree char *work = g_path_get_dirname(children);
	g_autoptr(GCancellable) cancel = g_cancellable_new();
	g_autoptr(FlFsLock) compiler = NULL;
	g_autoptr(FlFsLock) lock = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(fl_fs_mkdir(work, NULL));
	compiler = fl_fs_lock(children, NULL, NULL, NULL, NULL);
	g_assert_nonnull(compiler);
	g_timeout_add(50, give_up, cancel);
	g_assert_null(fl_worktree_lock(fixture->cache, cancel, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_clear_pointer(&compiler, fl_fs_unlock);
	lock = fl_worktree_lock(fixture->cache, NULL, NULL);
	g_assert_nonnull(lock);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	KERNEL_TEST("/worktree/only-what-differs-is-written", test_only_what_differs_is_written);
	KERNEL_TEST("/worktree/torn-tree-is-mended", test_torn_tree_is_mended);
	KERNEL_TEST("/worktree/compilers-left-behind-are-waited-for",
		    test_compilers_left_behind_are_waited_for);
	return g_test_run();
}
