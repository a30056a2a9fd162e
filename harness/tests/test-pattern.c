// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sifting never changes what an expression matches.
 */
#include "judge/pattern.h"

#include <string.h>

static const struct {
	const char *expression, *plain;
	bool is_plain;
} cases[] = {
	{"</TASK>", "</TASK>", true},	 {"^---\\[ end trace", "---[ end trace", true},
	{"^BUG: (a|b)", "BUG: ", false}, {"abc*", "ab", false},
	{"abc+", "abc", false},		 {"^={20}", "", false},
	{"^\\s*$", "", false},		 {"one|two", "", false},
	{"^one[|]two", "one", false},	 {"[(]|x", "", false},
	{"a\\|b", "a|b", true},		 {"(?i)bug", "", false},
};

static const char *const lines[] = {"",
				    " </TASK>",
				    "---[ end trace 1 ]---",
				    " ---[ end trace",
				    "BUG: b",
				    "ab",
				    "xabccc",
				    "====================",
				    "   ",
				    "two",
				    "a one",
				    "one|two",
				    "x",
				    "(",
				    "a|b",
				    "BUG"};

static void sifting_changes_nothing(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (unsigned anchored = 0; anchored < 2; anchored++) {
			g_autoptr(FlPattern) pattern =
				fl_pattern_new(cases[i].expression, anchored, NULL);
			g_autoptr(GRegex) plain =
				g_regex_new(cases[i].expression, G_REGEX_RAW, 0, NULL);

			g_assert_cmpstr(pattern->plain, ==, cases[i].plain);
			g_assert_true(pattern->is_plain == cases[i].is_plain);
			for (size_t k = 0; k < G_N_ELEMENTS(lines); k++)
				g_assert_true(
					fl_pattern_matches(pattern, lines[k], strlen(lines[k])) ==
					g_regex_match(plain, lines[k],
						      anchored ? G_REGEX_MATCH_ANCHORED : 0, NULL));
		}
	}
}

static void a_match_has_all_the_bytes(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(FlPattern) pattern = fl_pattern_new(cases[i].expression, false, NULL);

		for (size_t k = 0; k < G_N_ELEMENTS(lines); k++) {
			size_t len = strlen(lines[k]);

			if (fl_pattern_matches(pattern, lines[k], len))
				g_assert_cmphex(pattern->bytes & ~fl_pattern_bytes(lines[k], len),
						==, 0);
		}
	}
	g_assert_cmphex(fl_pattern_bytes("a\xe1", 1), ==, UINT64_C(1) << ('a' & 63));
	g_assert_cmphex(fl_pattern_bytes("", 0), ==, 0);
}

static void a_text_within_the_line(void)
{
	static const struct {
		const char *line;
		bool matches;
	} with[] = {{"dd: failure: order:3", true},
		    {"dd: failure: order:", false},
		    {": failure: order:3", true},
		    {"failure: order:3", false},
		    {"", false}};
	g_autoptr(FlPattern) pattern = fl_pattern_new(".*: failure: order:\\d", true, NULL);

	fl_pattern_sift_by(pattern, ": failure: order:");
	for (size_t i = 0; i < G_N_ELEMENTS(with); i++)
		g_assert_true(fl_pattern_matches(pattern, with[i].line, strlen(with[i].line)) ==
			      with[i].matches);
}

static void what_is_no_expression(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_pattern_new("a(", false, &error));
	g_assert_nonnull(error);
}

static void groups_are_taken_out(void)
{
	g_autoptr(FlPattern) pattern = fl_pattern_new("in-flight: \\d+:(\\w+)", false, NULL);
	g_autofree char *group = fl_pattern_group(pattern, " in-flight: 3:f", 15),
			*none = fl_pattern_group(pattern, "pending: f", 10);

	g_assert_cmpstr(group, ==, "f");
	g_assert_null(none);
}

static void groups_fill_a_text(void)
{
	static const struct {
		const char *text, *want;
	} fills[] = {{"BUG: a in f", "f: BUG: a (BUG: a in f) 5\\"},
		     {"BUG: a", ": BUG: a (BUG: a) 5\\"},
		     {"bug: a", NULL}};
	g_autoptr(FlPattern) pattern = fl_pattern_new("(BUG: \\w+)(?: in (\\w+))?", true, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(fills); i++) {
		g_autofree char *out = fl_pattern_expand(
			pattern, fills[i].text, strlen(fills[i].text), "\\2: \\1 (\\0) 5\\9\\");

		g_assert_cmpstr(out, ==, fills[i].want);
	}
}

static void a_text_is_one_line(void)
{
	g_autoptr(FlPattern) pattern = fl_pattern_new("a.b$", false, NULL);

	g_assert_true(fl_pattern_matches(pattern, "a\nb", 3));
	g_assert_false(fl_pattern_matches(pattern, "axb\n", 4));
	g_assert_true(fl_pattern_matches(pattern,
					 "a\xff"
					 "b",
					 3));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/pattern/sifting-changes-nothing", sifting_changes_nothing);
	g_test_add_func("/pattern/a-match-has-all-the-bytes", a_match_has_all_the_bytes);
	g_test_add_func("/pattern/a-text-within-the-line", a_text_within_the_line);
	g_test_add_func("/pattern/what-is-no-expression", what_is_no_expression);
	g_test_add_func("/pattern/groups-are-taken-out", groups_are_taken_out);
	g_test_add_func("/pattern/groups-fill-a-text", groups_fill_a_text);
	g_test_add_func("/pattern/a-text-is-one-line", a_text_is_one_line);
	return g_test_run();
}
