// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of base/json: equal data are equal bytes, errors have a place, any bytes make a string.
 */
#include "base/json.h"

#include "base/fs.h"

#include <gio/gio.h>
#include <string.h>

static void test_canonical(void)
{
	g_autoptr(json_t) value = json_pack("{s:i, s:[i, i]}", "b", 1, "a", 2, 3);
	g_autofree char *text = fl_json_text(value);

	g_assert_cmpstr(text, ==, "{\n  \"a\": [\n    2,\n    3\n  ],\n  \"b\": 1\n}\n");
}

static void test_bad_files(void)
{
	static const struct {
		const char *text, *place;
	} cases[] = {{"{", ":1:"}, {"{\"a\": 1,\n \"a\": 2}", ":2:"}, {"", ":1:"}};
	g_autofree char *dir = g_dir_make_tmp("fl-json-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "bad.json", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *expected = g_strconcat(path, cases[i].place, NULL);
		g_autoptr(GError) error = NULL;

		g_assert_true(fl_fs_write(path, cases[i].text, strlen(cases[i].text), NULL));
		g_assert_null(fl_json_read(path, &error));
		g_assert_nonnull(strstr(error->message, expected));
	}
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void test_lines(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-json-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "lines", NULL);
	g_autofree char *place = g_strconcat(path, ":3:", NULL);
	g_autofree char *text = NULL;
	g_autoptr(json_t) value = json_pack("{s:s, s:i}", "b", "x\ny", "a", 1);
	g_autoptr(json_t) values = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_json_append(path, value, NULL));
	g_assert_true(fl_json_append(path, value, NULL));
	g_assert_true(fl_fs_append(path, "{\"a", 3, NULL));
	values = fl_json_lines(path, NULL);
	g_assert_cmpuint(json_array_size(values), ==, 2);
	g_assert_true(json_equal(json_array_get(values, 1), value));
	g_assert_true(fl_fs_read(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "{\"a\": 1, \"b\": \"x\\ny\"}\n{\"a\": 1, \"b\": \"x\\ny\"}\n");
	g_assert_true(fl_fs_append(path, "{\n", 2, NULL));
	g_assert_null(fl_json_lines(path, &error));
	g_assert_nonnull(strstr(error->message, place));
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void test_any_bytes(void)
{
	g_autoptr(json_t) value = fl_json_string("a\xff"
						 "b");

	g_assert_nonnull(value);
	g_assert_cmpstr(json_string_value(value), ==,
			"a\xef\xbf\xbd"
			"b");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/json/equal-data-are-equal-bytes", test_canonical);
	g_test_add_func("/json/errors-have-file-line-column", test_bad_files);
	g_test_add_func("/json/lines-are-added-and-a-torn-one-is-cut", test_lines);
	g_test_add_func("/json/any-bytes-make-a-string", test_any_bytes);
	return g_test_run();
}
