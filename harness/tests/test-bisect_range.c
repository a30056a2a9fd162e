// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/bisect_range about series and options; commits are test-revisions's.
 */
#include "flow/bisect_range.h"

#include "base/fs.h"

#include <string.h>

static char *dir;

static char *put(const char *name, const char *text)
{
	char *path = g_build_filename(dir, name, NULL);

	g_assert_true(fl_fs_write(path, text, strlen(text), NULL));
	return path;
}

static void test_series(void)
{
	static const char *const own[] = {"mine.patch", NULL};
	g_autofree char *second = put("b.patch", "x");
	g_autofree char *first = put("a.diff", "x");
	g_autofree char *other = put("README", "x");
	g_autoptr(GError) error = NULL;
	g_autoptr(FlBisectRange) range = fl_bisect_range_series(dir, &error);
	g_autoptr(GPtrArray) strings = NULL;
	g_autoptr(GPtrArray) none = NULL;
	FlPrepare extra = {.patches = own}, good = {0};

	g_assert_no_error(error);
	g_assert_cmpuint(range->candidates->len, ==, 3);
	fl_bisect_range_extra(range, 2, &extra, &strings);
	g_assert_cmpstr(extra.patches[0], ==, "mine.patch");
	g_assert_cmpstr(extra.patches[1], ==, first);
	g_assert_cmpstr(extra.patches[2], ==, second);
	g_assert_null(extra.patches[3]);
	fl_bisect_range_extra(range, 0, &good, &none);
	g_assert_null(good.patches[0]);
}

static void check_step(const FlBisectRange *range, unsigned step, const char *wanted)
{
	g_autofree char *text = NULL;

	g_assert_true(fl_fs_read(range->files[step], &text, NULL, NULL));
	for (const char *line = wanted; *line; line += strcspn(line, ";") + 1) {
		g_autofree char *one = g_strndup(line, strcspn(line, ";"));

		g_assert_nonnull(strstr(text, one));
	}
}

static void test_options(void)
{
	g_autofree char *good = put("good.config", "CONFIG_B=y\nCONFIG_SAME=y\nCONFIG_C=3\n");
	g_autofree char *bad =
		put("bad.config", "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_SAME=y\nCONFIG_C=4\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(FlBisectRange) range = fl_bisect_range_options(good, bad, dir, &error);
	g_autoptr(GPtrArray) strings = NULL;
	FlPrepare extra = {0};

	g_assert_no_error(error);
	g_assert_cmpuint(range->candidates->len, ==, 4);
	check_step(range, 0, "CONFIG_B=y;CONFIG_C=3;CONFIG_SAME=y;");
	check_step(range, 1, "CONFIG_A=y;CONFIG_B=y;CONFIG_C=3;CONFIG_SAME=y;");
	check_step(range, 2, "CONFIG_A=y;# CONFIG_B is not set;CONFIG_C=3;CONFIG_SAME=y;");
	check_step(range, 3, "CONFIG_A=y;# CONFIG_B is not set;CONFIG_C=4;CONFIG_SAME=y;");
	fl_bisect_range_extra(range, 3, &extra, &strings);
	g_assert_cmpstr(extra.fragments[0], ==, range->files[3]);
	g_assert_cmpstr(((FlBisectCandidate *)range->candidates->pdata[3])->subject, ==,
			"CONFIG_C: 3 to 4");
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	dir = fl_fs_temp_dir(g_get_tmp_dir(), "range", NULL);
	g_test_add_func("/bisect-range/series", test_series);
	g_test_add_func("/bisect-range/options", test_options);
	code = g_test_run();
	if (!fl_fs_remove(dir, NULL))
		return 1;
	g_free(dir);
	return code;
}
