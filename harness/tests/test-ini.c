// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of plan/ini: every malformed line is refused with its place; nothing is guessed.
 */
#include "plan/ini.h"

#include <string.h>

static bool collect(const char *section, const char *key, const char *value, unsigned line,
		    gpointer data, GError **error)
{
	(void)error;
	g_string_append_printf(data, "%s|%s|%s|%u;", section, key ? key : "-", value ? value : "-",
			       line);
	return true;
}

static void test_good(void)
{
	static const char text[] =
		"# comment\n[a b]\r\n key = value # kept \n\n[c]\nkey=\nx-y_1 = 1=2";
	g_autoptr(GString) seen = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_ini_parse(text, strlen(text), "f", collect, seen, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(seen->str, ==,
			"a b|-|-|2;a b|key|value # kept|3;c|-|-|5;c|key||6;c|x-y_1|1=2|7;");
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		size_t len;
		const char *message;
	} cases[] = {
		{"key = 1\n", 8, "f:1: key stands before the first [section]"},
		{"[a]\nkey\n", 8,
		 "f:2: expected [section], key = value or # comment, found \"key\""},
		{"[a]\nk = 1\nk = 2\n", 16, "f:3: k is given twice in [a]"},
		{"[a\n", 3, "f:1: a section reads [name], this line is \"[a\""},
		{"[]\n", 3, "f:1: a section reads [name], this line is \"[]\""},
		{"[a]\nb c = 1\n", 12, "f:2: \"b c\" is not a key (letters, digits, _ and -)"},
		{"[a]\n= 1\n", 8, "f:2: \"\" is not a key (letters, digits, _ and -)"},
		{"[a]\nk=\0\n", 8, "f:2: the line has a NUL byte"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) seen = g_string_new(NULL);
		g_autoptr(GError) error = NULL;

		g_assert_false(
			fl_ini_parse(cases[i].text, cases[i].len, "f", collect, seen, &error));
		g_assert_error(error, FL_INI_ERROR, FL_INI_ERROR_SYNTAX);
		g_assert_cmpstr(error->message, ==, cases[i].message);
	}
}

static void test_words(void)
{
	g_auto(GStrv) words = fl_ini_words("  a\tb  c ");
	g_auto(GStrv) none = fl_ini_words(" ");

	g_assert_cmpuint(g_strv_length(words), ==, 3);
	g_assert_cmpstr(words[2], ==, "c");
	g_assert_cmpuint(g_strv_length(none), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/ini/reads-sections-keys-values", test_good);
	g_test_add_func("/ini/refuses-malformed-lines-with-their-place", test_bad);
	g_test_add_func("/ini/splits-words", test_words);
	return g_test_run();
}
