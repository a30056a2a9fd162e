// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of plan/yields, and of the draw itself, which the guest's driver makes: what PCT says of
 * a schedule, and that the change points are what it needs, uniform and the seed's alone.
 */
#include "plan/yields.h"

#include "../../guest-tests/modules/fl_stretch.h"

#include <stdbool.h>

static void test_bound(void)
{
	static const struct {
		unsigned cpus, hits, depth;
		double bound;
	} cases[] = {
		{4, 64, 1, 1.0 / 4}, {4, 50, 2, 1.0 / 200}, {4, 64, 3, 1.0 / 16384}, {1, 64, 1, 1}};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpfloat_with_epsilon(
			fl_yields_bound(cases[i].cpus, cases[i].hits, cases[i].depth),
			cases[i].bound, 1e-12);
	g_assert_cmpfloat(fl_yields_chance(0.5, 0), ==, 0);
	g_assert_cmpfloat_with_epsilon(fl_yields_chance(0.5, 3), 0.875, 1e-12);
	/* The literature's figure: 600 runs of n=4, k=50, d=2 for 95 %. */
	g_assert_cmpfloat_with_epsilon(fl_yields_chance(1.0 / 200, 600), 0.95, 0.002);
	g_assert_cmpfloat_with_epsilon(fl_yields_chance(1e-18, 1000), 1e-15, 1e-20);
	g_assert_cmpfloat(fl_yields_chance(1, 1), ==, 1);
}

static void check_thin(unsigned n, unsigned max, const char *expected)
{
	g_auto(GStrv) places = g_new0(char *, n + 1);
	g_autofree char *kept = NULL;

	for (unsigned i = 0; i < n; i++)
		places[i] = g_strdup_printf("%u", i);
	places = fl_yields_thin(places, max);
	kept = g_strjoinv(" ", places);
	g_assert_cmpstr(kept, ==, expected);
}

static void test_thin(void)
{
	check_thin(0, 4, "");
	check_thin(3, 4, "0 1 2");
	check_thin(4, 4, "0 1 2 3");
	check_thin(5, 4, "0 1 2 3");
	check_thin(10, 4, "0 2 5 7");
	check_thin(9, 1, "0");
}

/* How many change points each schedule has, and how often each hit is one. */
static unsigned draw(uint64_t seed, unsigned depth, unsigned schedules, unsigned *at)
{
	struct fl_stretch_schedule schedule = {
		.seed = seed, .hits = FL_YIELDS_HITS, .depth = depth};
	unsigned all = 0;

	for (unsigned i = 0; i < schedules; i++) {
		unsigned n = 0;

		for (unsigned hit = 0; hit < FL_YIELDS_HITS; hit++) {
			bool yields =
				fl_stretch_yields(&schedule, (uint64_t)i * FL_YIELDS_HITS + hit);

			n += yields;
			at[hit] += yields;
		}
		g_assert_cmpuint(n, <=, depth);
		g_assert_true(n >= MIN(depth, 1u));
		all += n;
	}
	return all;
}

static void test_change_points(void)
{
	unsigned none[FL_YIELDS_HITS] = {0}, at[FL_YIELDS_HITS] = {0};
	unsigned all;

	g_assert_cmpuint(draw(1, 0, 100, none), ==, 0);
	/* Two of three fall on the same hit now and then: 3 - 3/64 of them are left. */
	all = draw(1, 3, 20000, at);
	g_assert_cmpuint(all, >, 58500);
	g_assert_cmpuint(all, <, 60000);
	for (unsigned hit = 0; hit < FL_YIELDS_HITS; hit++) {
		g_assert_cmpuint(at[hit], >, 750);
		g_assert_cmpuint(at[hit], <, 1100);
	}
}

static void test_seeds(void)
{
	struct fl_stretch_schedule one = {.seed = 1, .hits = FL_YIELDS_HITS, .depth = 3};
	struct fl_stretch_schedule two = one;
	unsigned same = 0, taken = 0, longest = 0, once = 0;

	two.seed = 2;
	for (unsigned hit = 0; hit < 64000; hit++) {
		unsigned turns = fl_stretch_yields(&one, hit);

		g_assert_cmpuint(turns, ==, fl_stretch_yields(&one, hit));
		taken += turns > 0;
		same += turns && fl_stretch_yields(&two, hit);
		longest = MAX(longest, turns);
		once += turns == 1;
	}
	/* Neighbouring seeds agree as often as chance has it: one in 22. */
	g_assert_cmpuint(same, <, taken / 12);
	/* Short ones and long ones. */
	g_assert_cmpuint(once, >, taken / 8);
	g_assert_cmpuint(longest, >, 16);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/yields/bound-is-pct's", test_bound);
	g_test_add_func("/yields/places-are-thinned-evenly", test_thin);
	g_test_add_func("/yields/change-points-are-uniform", test_change_points);
	g_test_add_func("/yields/the-seed-alone-decides", test_seeds);
	return g_test_run();
}
