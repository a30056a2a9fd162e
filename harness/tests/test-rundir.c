// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of store/rundir: two runs never share a folder, links lead to the guest that decided,
 * and a test's name stays one path part.
 */
#include "store/rundir.h"

#include "base/fs.h"

#include <string.h>

static char *scratch;

static void test_unique(void)
{
	g_autoptr(FlRundir) a = fl_rundir_new(scratch, "20260101-000000", NULL);
	g_autoptr(FlRundir) b = fl_rundir_new(scratch, "20260101-000000", NULL);

	g_assert_cmpstr(a->id, ==, "20260101-000000");
	g_assert_cmpstr(b->id, ==, "20260101-000000-2");
	g_assert_true(g_file_test(a->path, G_FILE_TEST_IS_DIR));
	g_assert_true(g_file_test(b->path, G_FILE_TEST_IS_DIR));
}

static void test_unwritable(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_rundir_new("/proc/no-such-folder", "x", &error));
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, "/proc/no-such-folder"));
}

static void test_links(void)
{
	g_autoptr(FlRundir) rundir = fl_rundir_new(scratch, "links", NULL);
	g_autofree char *guest = fl_rundir_guest(rundir, "patched", NULL);
	g_autofree char *log = g_build_filename(guest, FL_RUNDIR_CONSOLE, NULL);
	g_autofree char *linked = g_build_filename(rundir->path, FL_RUNDIR_CONSOLE, NULL);
	g_autofree char *latest = g_build_filename(scratch, "latest", FL_RUNDIR_CONSOLE, NULL);
	g_autofree char *text = NULL;
	g_autofree char *same = NULL;

	g_assert_true(fl_fs_write(log, "hello", 5, NULL));
	g_assert_true(fl_rundir_link(rundir, "other", NULL));
	g_assert_true(fl_rundir_link(rundir, "patched", NULL));
	g_assert_true(fl_fs_read(linked, &text, NULL, NULL));
	g_assert_true(fl_fs_read(latest, &same, NULL, NULL));
	g_assert_cmpstr(text, ==, "hello");
	g_assert_cmpstr(same, ==, "hello");
}

static void test_names_stay_inside(void)
{
	g_autoptr(FlRundir) rundir = fl_rundir_new(scratch, "names", NULL);
	g_autofree char *guest = fl_rundir_guest(rundir, "patched", NULL);
	g_autofree char *expected =
		g_build_filename(guest, FL_RUNDIR_TESTS, ".._.._x", FL_RUNDIR_OUTPUT, NULL);

	g_assert_true(fl_rundir_test(guest, "../../x", "out", 3, "{}", NULL));
	g_assert_true(g_file_test(expected, G_FILE_TEST_IS_REGULAR));
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	scratch = g_dir_make_tmp("fl-rundir-XXXXXX", NULL);
	g_test_add_func("/rundir/two-runs-never-share-a-folder", test_unique);
	g_test_add_func("/rundir/an-unwritable-folder-is-named", test_unwritable);
	g_test_add_func("/rundir/links-lead-to-the-deciding-guest", test_links);
	g_test_add_func("/rundir/test-names-stay-inside", test_names_stay_inside);
	code = g_test_run();
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_free(scratch);
	return code;
}
