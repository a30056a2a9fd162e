// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of base/attic: the oldest go, what was used within a day stays, and nothing that is no
 * entry is touched.
 */
#include "base/attic.h"

#include "base/fs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define HOUR_S 3600

static char *scratch;

/* An entry whose key is that digit again and again; a folder with a file in it, or a file. */
static char *add(char digit, const char *suffix, bool is_dir, unsigned hours_ago)
{
	g_autofree char *key = g_strnfill(64, digit);
	char *path = g_strdup_printf("%s/%s%s", scratch, key, suffix);
	g_autofree char *inner = g_build_filename(path, "bzImage", NULL);
	time_t then = time(NULL) - (time_t)hours_ago * HOUR_S;
	struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};

	if (is_dir)
		g_assert_true(fl_fs_mkdir(path, NULL));
	g_assert_true(fl_fs_write(is_dir ? inner : path, "x", 1, NULL));
	g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
	return path;
}

static void expect(const char *path, bool is_there)
{
	g_test_message("%s: expected %s", path, is_there ? "to be there" : "to be gone");
	g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS) == is_there);
}

static void empty(void)
{
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_assert_true(fl_fs_mkdir(scratch, NULL));
}

static void the_longest_unused_go(void)
{
	g_autofree char *oldest = add('a', "", true, 72);
	g_autofree char *newest = add('b', "", true, 48);
	g_autofree char *middle = add('c', ".cpio", false, 60);

	fl_attic_trim(scratch, 3);
	expect(oldest, true);
	fl_attic_trim(scratch, 1);
	expect(oldest, false);
	expect(middle, false);
	expect(newest, true);
	empty();
}

static void what_was_used_today_stays(void)
{
	g_autofree char *old = add('a', "", true, 25);
	g_autofree char *recent = add('b', "", true, 23);
	g_autofree char *found = add('c', "", true, 25);

	fl_attic_mark_used(found);
	fl_attic_trim(scratch, 0);
	expect(old, false);
	expect(recent, true);
	expect(found, true);
	empty();
}

static void only_entries_go(void)
{
	g_autofree char *entry = add('a', "", true, 48);
	g_autofree char *lock = g_build_filename(scratch, "lock", NULL);
	g_autofree char *left = g_build_filename(scratch, ".gone", NULL);
	struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	g_assert_true(fl_fs_write(lock, "", 0, NULL));
	g_assert_cmpint(utimensat(AT_FDCWD, lock, long_ago, 0), ==, 0);
	g_assert_true(fl_fs_mkdir(left, NULL)); /* of one that was killed */
	fl_attic_trim(scratch, 0);
	expect(entry, false);
	expect(left, false);
	expect(lock, true);
	empty();
}

static void a_folder_that_is_missing_is_fine(void)
{
	fl_attic_mark_used("/no/such/entry");
	fl_attic_trim("/no/such/folder", 0);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	scratch = g_dir_make_tmp("fl-attic-XXXXXX", NULL);
	g_test_add_func("/attic/the-longest-unused-go", the_longest_unused_go);
	g_test_add_func("/attic/what-was-used-today-stays", what_was_used_today_stays);
	g_test_add_func("/attic/only-entries-go", only_entries_go);
	g_test_add_func("/attic/a-folder-that-is-missing-is-fine",
			a_folder_that_is_missing_is_fine);
	code = g_test_run();
	g_assert_true(fl_fs_remove(scratch, NULL));
	g_free(scratch);
	return code;
}
