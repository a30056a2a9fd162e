// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/github: every problem is one workflow command, and nothing that a guest
 * printed can begin a command or a table row of its own.
 */
#include "report/github.h"

#include "tests/record-fixture.h"

#include <string.h>

static void test_annotations(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *text = fl_github_annotations(record);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_assert_nonnull(strstr(text, "::error title=HANG%3A patched-debug%3A kernel::"));
	g_assert_nonnull(strstr(text, "::warning title=BROKEN%3A patched-debug%3A "));
	g_assert_null(strstr(text, " patched%3A"));
	for (guint i = 0; lines[i] && *lines[i]; i++)
		g_assert_true(g_str_has_prefix(lines[i], "::error title=") ||
			      g_str_has_prefix(lines[i], "::warning title="));
}

static void test_escapes(void)
{
	g_autoptr(FlRunRecord) record = fl_record_new("1");
	FlGuestRecord *guest = fl_record_guest_new("patched", 1);
	g_autofree char *text = NULL;

	guest->verdict = fl_verdict_new();
	guest->verdict->kind = FL_VERDICT_PASS;
	g_ptr_array_add(guest->verdict->tests,
			fixture_test("a,b", FL_VERDICT_FAIL, "100 % : of, it"));
	g_ptr_array_add(record->guests, guest);
	text = fl_github_annotations(record);
	g_assert_cmpstr(text, ==, "::error title=FAIL%3A patched%3A a%2Cb::100 %25 : of, it\n");
}

static void test_pass_is_silent(void)
{
	g_autoptr(FlRunRecord) record = fl_record_new("1");
	FlGuestRecord *guest = fl_record_guest_new("patched", 1);
	g_autofree char *text = NULL;

	guest->verdict = fl_verdict_new();
	guest->verdict->kind = FL_VERDICT_PASS;
	g_ptr_array_add(record->guests, guest);
	text = fl_github_annotations(record);
	g_assert_cmpstr(text, ==, "");
}

static void test_summary(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *text = fl_github_summary(record, "out/runs/1");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_assert_nonnull(strstr(text, "| PASS | patched | 6.12.117 | 1 | 1 | 0 |"));
	g_assert_nonnull(strstr(text, "in &#60;do&#95;shared&#95;fault&#62; &#38; \"co\""));
	g_assert_nonnull(strstr(text, "Evidence: out/runs/1"));
	for (guint i = 0; lines[i]; i++) {
		unsigned bars = 0;

		for (const char *c = lines[i]; *c; c++)
			bars += *c == '|';
		g_assert_true(bars == 0 || bars == 5 || bars == 7);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/github/a-problem-is-one-command", test_annotations);
	g_test_add_func("/github/escapes-are-github's", test_escapes);
	g_test_add_func("/github/a-pass-says-nothing", test_pass_is_silent);
	g_test_add_func("/github/the-summary-keeps-its-tables", test_summary);
	return g_test_run();
}
