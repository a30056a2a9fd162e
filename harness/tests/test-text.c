// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/text: what happened, then where to look; no control character from a guest.
 */
#include "report/text.h"

#include "tests/record-fixture.h"

#include <string.h>

static void test_lines(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	const FlGuestRecord *good = g_ptr_array_index(record->guests, 0);
	g_autofree char *passed = fl_text_test(g_ptr_array_index(good->verdict->tests, 0), false);
	g_autofree char *skipped = fl_text_test(g_ptr_array_index(good->verdict->tests, 1), false);

	g_assert_cmpstr(passed, ==,
			"  ok     shared-write                     1.25 s  vma_lock_success 4096, "
			"faults_per_second 390000.50");
	g_assert_cmpstr(skipped, ==,
			"  skip   skipped                          1.25 s  needs # two vCPUs");
}

static void test_guest(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *text = fl_text_guest(g_ptr_array_index(record->guests, 1), false);

	g_assert_true(
		g_str_has_prefix(text, "patched-debug        HANG  0 of 2 tests passed, 2.5 s\n"));
	g_assert_nonnull(strstr(text, "patched-debug/serial.log:812: WARNING: bad unlock balance"));
	g_assert_nonnull(strstr(text, "(2 times)"));
	g_assert_nonnull(strstr(text, "do_shared_fault mm/memory.c:5381\n"
				      "          + if (evil) /*?[2J */ return ret;\n"));
	g_assert_null(strstr(text, "not_shown"));
	g_assert_nonnull(strstr(text, "lock: &mm->mmap_lock"));
	g_assert_nonnull(strstr(text, "hang: pid 1 in D"));
	g_assert_null(strchr(text, '\033'));
}

static void test_guest_not_run(void)
{
	FlGuestRecord guest = {.label = (char *)"patched.3"};
	g_autofree char *text = fl_text_guest(&guest, true);

	g_assert_cmpstr(text, ==, "patched.3            was not run");
}

static void test_conclusion(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *text = fl_text_conclusion(record, "out/runs/x", false);

	g_assert_cmpstr(text, ==,
			"HANG: patched-debug: stuck in ?[31mdown_write\n"
			"evidence: out/runs/x\n"
			"again:    faultline run --seed 7\n");
}

static void test_color_only_when_asked(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *text = fl_text_conclusion(record, "out/runs/x", true);

	g_assert_nonnull(strstr(text, "\033[31mHANG\033[0m"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/text/one-line-a-test", test_lines);
	g_test_add_func("/text/a-guest-with-splats-and-hang", test_guest);
	g_test_add_func("/text/a-guest-that-was-not-run", test_guest_not_run);
	g_test_add_func("/text/conclusion-says-what-where-and-how-again", test_conclusion);
	g_test_add_func("/text/colour-only-when-asked-for", test_color_only_when_asked);
	return g_test_run();
}
