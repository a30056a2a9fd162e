// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of /dev/kmsg.
 */
#include "judge/kmsg.h"

static void a_record_is_read(void)
{
	FlKmsg kmsg;

	g_assert_true(fl_kmsg_parse("12,341,5140900,-,caller=T77;a\\x0ab\\x5cc", &kmsg));
	g_assert_cmpuint(kmsg.level, ==, 4);
	g_assert_cmpuint(kmsg.facility, ==, 1);
	g_assert_cmpuint(kmsg.seq, ==, 341);
	g_assert_cmpuint(kmsg.stamp_us, ==, 5140900);
	g_assert_cmpuint(kmsg.caller, ==, 77 * 2 + 2);
	g_assert_cmpstr(kmsg.text, ==, "a\nb\\c");
	g_free(kmsg.text);
}

static void a_caller_in_the_text_is_text(void)
{
	FlKmsg kmsg;

	g_assert_true(fl_kmsg_parse("6,1,2,-;caller=T77", &kmsg));
	g_assert_cmpuint(kmsg.caller, ==, 0);
	g_assert_cmpstr(kmsg.text, ==, "caller=T77");
	g_free(kmsg.text);
}

static void other_forms_are_refused(void)
{
	static const char *const wrong[] = {"",		  "6",	       "6,1",
					    "6,1,2",	  "6,1,2,-",   "x,1,2,-;a",
					    "6,-1,2,-;a", "6,1;2,-,a", " 6,1,2,-;a"};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		FlKmsg kmsg;

		g_assert_false(fl_kmsg_parse(wrong[i], &kmsg));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/kmsg/a-record-is-read", a_record_is_read);
	g_test_add_func("/kmsg/a-caller-in-the-text-is-text", a_caller_in_the_text_is_text);
	g_test_add_func("/kmsg/other-forms-are-refused", other_forms_are_refused);
	return g_test_run();
}
