// SPDX-License-Identifier: GPL-2.0-only
/*
 * Console bytes to lines.
 */
#include "judge/lines.h"

#include <string.h>

static void append(const FlLine *line, gpointer data)
{
	g_string_append_printf(data, "%u:%s%s%s@%u.%u|", line->number, line->stamped ? "K " : "",
			       line->torn ? "T " : "", line->text, (unsigned)line->stamp_us,
			       line->caller);
}

static char *parse(const char *bytes, size_t len, size_t chunk)
{
	GString *out = g_string_new(NULL);
	FlLines lines;

	fl_lines_init(&lines, append, out);
	for (size_t at = 0; at < len; at += chunk)
		fl_lines_feed(&lines, bytes + at, MIN(chunk, len - at));
	fl_lines_end(&lines);
	fl_lines_clear(&lines);
	return g_string_free(out, FALSE);
}

static const struct {
	const char *bytes, *want;
} cases[] = {
	{"a\nb\n", "1:a@0.0|2:b@0.0|"},
	{"[    1.000002][   T12] x\r\n", "1:K x@1000002.26|"},
	{"[    1.000002] [     T12] x\n", "1:K x@1000002.26|"},
	{"[    1.000002] [   T12 x\n", "1:K [   T12 x@1000002.0|"},
	{"[    1.000002] vm kernel: x\n", "1:K x@1000002.0|"},
	{"[    1.000002][    C1] x\n", "1:K x@1000002.5|"},
	{"<4>[    0.000001] x\n", "1:K x@1.0|"},
	{"<12>user\n", "1:K user@0.0|"},
	{"[    1.000002 <    0.000001>] x\n", "1:K x@1000002.0|"},
	{"[    1.000002 <    0.000001\n", "1:[    1.000002 <    0.000001@0.0|"},
	{"[ 0.01] no stamp\n", "1:[ 0.01] no stamp@0.0|"},
	{"[mem 0x0-0x1] usable\n", "1:[mem 0x0-0x1] usable@0.0|"},
	{"\033[31mred\033[0m\n", "1:red@0.0|"},
	{"user text[    2.000000][   T1] BUG: x\n", "1:T user text@0.0|1:K BUG: x@2000000.4|"},
	{"[    1.000000][   T1] a[    2.000000][   T1] b\n", "1:K T a@1000000.4|1:K b@2000000.4|"},
	{"half", "1:T half@0.0|"},
	{"\n\n", "1:@0.0|2:@0.0|"},
};

static void lines_are_read_in_any_pieces(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (size_t chunk = 1; chunk < 8; chunk++) {
			g_autofree char *got = parse(cases[i].bytes, strlen(cases[i].bytes), chunk);

			g_assert_cmpstr(got, ==, cases[i].want);
		}
	}
}

static void nul_bytes_are_taken_out(void)
{
	g_autofree char *got = parse("a\0b\n", 4, 1);

	g_assert_cmpstr(got, ==, "1:ab@0.0|");
}

static void endless_lines_are_cut(void)
{
	g_autofree char *bytes = g_strnfill(3 * FL_LINES_MAX, 'x');
	g_autofree char *whole = parse(bytes, strlen(bytes), 1u << 20);
	g_autofree char *pieces = parse(bytes, strlen(bytes), 100);

	g_assert_cmpstr(whole, ==, pieces);
	g_assert_cmpuint(strlen(whole), <, FL_LINES_MAX + 32);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/lines/are-read-in-any-pieces", lines_are_read_in_any_pieces);
	g_test_add_func("/lines/nul-bytes-are-taken-out", nul_bytes_are_taken_out);
	g_test_add_func("/lines/endless-ones-are-cut", endless_lines_are_cut);
	return g_test_run();
}
