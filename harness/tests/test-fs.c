// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of base/fs: whole files or nothing, or as much as is to be added, links are not
 * followed, errors name the path.
 */
#include "base/fs.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *scratch;

static char *in_scratch(const char *name)
{
	return g_build_filename(scratch, name, NULL);
}

static void test_write_read(void)
{
	g_autofree char *path = in_scratch("file");
	g_autofree char *data = NULL;
	size_t len;

	g_assert_true(fl_fs_write(path, "a\0b", 3, NULL));
	g_assert_true(fl_fs_read(path, &data, &len, NULL));
	g_assert_cmpmem(data, len, "a\0b", 3);
}

static void test_append_and_cut(void)
{
	g_autofree char *path = in_scratch("grows");
	g_autofree char *data = NULL;
	size_t len;

	g_assert_true(fl_fs_append(path, "abc", 3, NULL));
	g_assert_true(fl_fs_append(path, "de", 2, NULL));
	g_assert_true(fl_fs_cut(path, 4, NULL));
	g_assert_true(fl_fs_read(path, &data, &len, NULL));
	g_assert_cmpmem(data, len, "abcd", 4);
}

/* A limit on the size of files stands for a full disk: the first bytes fit, the others do not. */
static void test_append_all_or_nothing(void)
{
	g_autofree char *path = in_scratch("full");
	g_autofree char *data = NULL;
	struct rlimit before, limit;

	g_assert_true(fl_fs_append(path, "abc", 3, NULL));
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	limit = (struct rlimit){.rlim_cur = 5, .rlim_max = before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	g_assert_false(fl_fs_append(path, "defg", 4, NULL));
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	g_assert_true(fl_fs_read(path, &data, NULL, NULL));
	g_assert_cmpstr(data, ==, "abc");
}

static void test_errors_name_the_path(void)
{
	g_autoptr(GError) append_error = NULL;
	g_autoptr(GError) cut_error = NULL;
	g_autoptr(GError) write_error = NULL;
	g_autoptr(GError) read_error = NULL;
	g_autoptr(GError) mkdir_error = NULL;
	g_autoptr(GError) sync_error = NULL;
	char *data;

	g_assert_false(fl_fs_write("/proc/no-such/file", "x", 1, &write_error));
	g_assert_nonnull(strstr(write_error->message, "/proc/no-such/file"));
	g_assert_false(fl_fs_append("/dev/full", "x", 1, &append_error));
	g_assert_nonnull(strstr(append_error->message, "/dev/full"));
	g_assert_false(fl_fs_cut("/no-such-file", 1, &cut_error));
	g_assert_nonnull(strstr(cut_error->message, "/no-such-file"));
	g_assert_false(fl_fs_read("/no-such-file", &data, NULL, &read_error));
	g_assert_nonnull(strstr(read_error->message, "/no-such-file"));
	g_assert_false(fl_fs_mkdir("/dev/null/folder", &mkdir_error));
	g_assert_nonnull(strstr(mkdir_error->message, "/dev/null/folder"));
	g_assert_false(fl_fs_sync("/no-such-file", &sync_error));
	g_assert_nonnull(strstr(sync_error->message, "/no-such-file"));
}

static void test_copy_keeps_mode(void)
{
	g_autofree char *from = in_scratch("from");
	g_autofree char *to = in_scratch("to");
	struct stat st;

	g_assert_true(fl_fs_write(from, "#!/bin/sh\n", 10, NULL));
	g_assert_true(fl_fs_sync(from, NULL));
	g_chmod(from, 0755);
	g_assert_true(fl_fs_copy(from, to, NULL));
	g_assert_cmpint(stat(to, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0755);
	g_assert_cmpint(st.st_size, ==, 10);
}

static void test_remove_does_not_follow_links(void)
{
	g_autofree char *dir = in_scratch("dir");
	g_autofree char *inner = in_scratch("dir/a/b");
	g_autofree char *link = in_scratch("dir/a/link");
	g_autofree char *kept = in_scratch("kept");
	g_autofree char *precious = in_scratch("kept/precious");

	g_assert_true(fl_fs_mkdir(inner, NULL));
	g_assert_true(fl_fs_mkdir(kept, NULL));
	g_assert_true(fl_fs_write(precious, "x", 1, NULL));
	g_assert_cmpint(symlink(kept, link), ==, 0);
	g_assert_true(fl_fs_remove(dir, NULL));
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(precious, G_FILE_TEST_EXISTS));
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void note_wait(gpointer data)
{
	(*(int *)data)++;
}

static gboolean release(gpointer data)
{
	fl_fs_unlock(data);
	return G_SOURCE_REMOVE;
}

static int waits_said(unsigned held_ms)
{
	g_autofree char *path = in_scratch("lock");
	FlFsLock *first = fl_fs_lock(path, NULL, NULL, NULL, NULL);
	int waits = 0;

	g_assert_nonnull(first);
	g_timeout_add(held_ms, release, first);
	g_autoptr(FlFsLock) second = fl_fs_lock(path, note_wait, &waits, NULL, NULL);
	g_assert_nonnull(second);
	return waits;
}

static void test_lock_waits_for_the_other(void)
{
	g_assert_cmpint(waits_said(150), ==, 0);
	g_assert_cmpint(waits_said(1500), ==, 1);
}

static gboolean cancel_now(gpointer cancel)
{
	g_cancellable_cancel(cancel);
	return G_SOURCE_REMOVE;
}

static void test_lock_can_be_cancelled(void)
{
	g_autofree char *path = in_scratch("lock2");
	g_autoptr(FlFsLock) first = fl_fs_lock(path, NULL, NULL, NULL, NULL);
	g_autoptr(GCancellable) cancel = g_cancellable_new();
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(first);
	g_timeout_add(50, cancel_now, cancel);
	g_assert_null(fl_fs_lock(path, NULL, NULL, cancel, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	scratch = g_dir_make_tmp("fl-fs-XXXXXX", NULL);
	g_test_add_func("/fs/write-and-read-any-bytes", test_write_read);
	g_test_add_func("/fs/append-and-cut", test_append_and_cut);
	g_test_add_func("/fs/append-all-or-nothing", test_append_all_or_nothing);
	g_test_add_func("/fs/errors-name-the-path", test_errors_name_the_path);
	g_test_add_func("/fs/copy-keeps-the-mode", test_copy_keeps_mode);
	g_test_add_func("/fs/remove-does-not-follow-links", test_remove_does_not_follow_links);
	g_test_add_func("/fs/lock-waits-for-the-other", test_lock_waits_for_the_other);
	g_test_add_func("/fs/lock-can-be-cancelled", test_lock_can_be_cancelled);
	code = g_test_run();
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_free(scratch);
	return code;
}
