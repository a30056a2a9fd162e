// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/witness: the same is the same, and what differs is named by its line.
 */
#include "judge/witness.h"

#include <string.h>

static void check(const char *before, const char *now, bool same, bool prefix, unsigned line,
		  const char *then_line, const char *now_line)
{
	FlWitness witness;

	fl_witness_compare(before, strlen(before), now, strlen(now), &witness);
	g_assert_true(witness.same == same);
	g_assert_true(witness.prefix == prefix);
	g_assert_cmpuint(witness.line, ==, line);
	g_assert_cmpstr(witness.before, ==, then_line);
	g_assert_cmpstr(witness.now, ==, now_line);
	fl_witness_clear(&witness);
}

static void test_compare(void)
{
	check("", "", true, true, 0, NULL, NULL);
	check("a\nb\n", "a\nb\n", true, true, 0, NULL, NULL);
	check("a\nb\n", "a\nb\nc\n", false, true, 3, NULL, "c");
	check("a\nbcd", "a\nb", false, true, 2, "bcd", NULL);
	check("a\nbcd\ne\n", "a\nbxd\ne\n", false, false, 2, "bcd", "bxd");
	/* A line that ends where the other goes on. */
	check("a\nb\n", "a\nbb\n", false, false, 2, "b", "bb");
	check("a\r\n\033x\r\n", "a\r\n\033y\r\n", false, false, 2, "?x", "?y");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/witness/compare", test_compare);
	return g_test_run();
}
