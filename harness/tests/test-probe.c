// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer of the accelerator probe; that real vCPUs come to it is shown in test-accel.c.
 */
#include "vm/probe.h"

#include <glib.h>

static void test_check(void)
{
	uint64_t words[FL_PROBE_WORDS] = {fl_probe_expected(0), fl_probe_expected(1), 1234};
	uint64_t cycles = 0;

	g_assert_true(fl_probe_check((unsigned char *)words, sizeof(words), &cycles));
	g_assert_cmpuint(cycles, ==, 1234);
	g_assert_false(fl_probe_check((unsigned char *)words, sizeof(words) - 1, &cycles));
	words[1] ^= 1;
	g_assert_false(fl_probe_check((unsigned char *)words, sizeof(words), &cycles));
}

static void test_image(void)
{
	static unsigned char image[FL_PROBE_IMAGE_SIZE];

	fl_probe_image(image);
	/* cli where both vCPUs begin, a far jump to it where a vCPU comes out of reset. */
	g_assert_cmphex(image[0], ==, 0xfa);
	g_assert_cmphex(image[0xfff0], ==, 0xea);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/probe/only-both-right-results-count", test_check);
	g_test_add_func("/probe/the-image-begins-at-reset", test_image);
	return g_test_run();
}
