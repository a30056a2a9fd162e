// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of image/libs: what a dynamic program needs is found with its loader, a static one and
 * a script need nothing, and what is missing is named.
 */
#include "image/libs.h"

#include "base/fs.h"
#include "image/image.h"

#include <string.h>

static void test_dynamic(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) libs = fl_libs_list("/usr/bin/true", &error);
	bool has_libc = false;

	g_assert_no_error(error);
	g_assert_cmpuint(libs->len, >=, 2);
	for (guint i = 0; i < libs->len; i++) {
		const char *path = g_ptr_array_index(libs, i);

		g_assert_true(g_path_is_absolute(path));
		g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
		has_libc |= strstr(path, "/libc.so") != NULL;
	}
	g_assert_true(has_libc);
}

static void test_needs_nothing(void)
{
	g_autoptr(GPtrArray) of_static = fl_libs_list("/bin/busybox", NULL);
	g_autoptr(GPtrArray) of_script =
		fl_libs_list(FL_TEST_SRCDIR "/harness/tests/layers.t", NULL);

	g_assert_nonnull(of_static);
	g_assert_nonnull(of_script);
	g_assert_cmpuint(of_static->len + of_script->len, ==, 0);
}

/* The name of a library is patched in a copy, so that nothing can have it. */
static void test_missing(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-libs-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "true", NULL);
	g_autofree char *data = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) libs = NULL;
	size_t len = 0;
	char *name;

	g_assert_true(fl_fs_read("/usr/bin/true", &data, &len, NULL));
	name = memmem(data, len, "libc.so.6", 9);
	g_assert_nonnull(name);
	memcpy(name, "libx.so.6", 9);
	g_assert_true(fl_fs_write(path, data, len, NULL));
	libs = fl_libs_list(path, &error);
	g_assert_null(libs);
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, "libx.so.6"));
	g_assert_true(fl_fs_remove(dir, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/libs/a-dynamic-program-has-its-loader-and-libraries", test_dynamic);
	g_test_add_func("/libs/a-static-program-and-a-script-need-nothing", test_needs_nothing);
	g_test_add_func("/libs/a-missing-library-is-named", test_missing);
	return g_test_run();
}
