// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/significance: who looks after every pair is fooled no more often than was
 * promised, differences that are there are found within a few pairs, and the intervals are right.
 */
#include "judge/significance.h"

#include <math.h>
#include <stdbool.h>

#define SEQUENCES 4000
#define LENGTH	  40u

/* Rates that an honest pair of kernels may have. */
static const double equal_rates[] = {0.02, 0.1, 0.3, 0.5, 0.9};

static double bernoulli(GRand *rand, double rate)
{
	return g_rand_double(rand) < rate ? 1 : 0;
}

/* A sum of uniform numbers is near enough to normal; a cubed one has tails that a host's noise has. */
static double about_normal(GRand *rand)
{
	double sum = -6;

	for (unsigned i = 0; i < 12; i++)
		sum += g_rand_double(rand);
	return sum;
}

static double heavy_tailed(GRand *rand)
{
	double x = about_normal(rand);

	return x * x * x;
}

/* Whether somebody who looks after each pair would ever say 1 in 20. */
static bool fooled_by_rates(GRand *rand, double rate)
{
	FlPair pairs[LENGTH];

	for (unsigned n = 0; n < LENGTH; n++) {
		pairs[n] = (FlPair){bernoulli(rand, rate), bernoulli(rand, rate)};
		if (fl_significance_rates(pairs, n + 1) >= 20)
			return true;
	}
	return false;
}

static void test_rates_fool_nobody_who_keeps_looking(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);

	for (size_t i = 0; i < G_N_ELEMENTS(equal_rates); i++) {
		unsigned fooled = 0;

		for (unsigned n = 0; n < SEQUENCES; n++)
			fooled += fooled_by_rates(rand, equal_rates[i]);
		g_test_message("rate %g: %u of %u", equal_rates[i], fooled, SEQUENCES);
		g_assert_cmpuint(fooled, <=, SEQUENCES / 20);
	}
}

static bool fooled_by_noise(GRand *rand, double (*noise)(GRand *))
{
	double differences[LENGTH];

	for (unsigned n = 0; n < LENGTH; n++) {
		differences[n] = noise(rand);
		if (fl_significance_shift(differences, n + 1) >= 20)
			return true;
	}
	return false;
}

static void test_noise_fools_nobody_who_keeps_looking(void)
{
	static double (*const noises[])(GRand *) = {about_normal, heavy_tailed};
	g_autoptr(GRand) rand = g_rand_new_with_seed(2);

	for (size_t i = 0; i < G_N_ELEMENTS(noises); i++) {
		unsigned fooled = 0;

		for (unsigned n = 0; n < SEQUENCES; n++)
			fooled += fooled_by_noise(rand, noises[i]);
		g_test_message("noise %zu: %u of %u", i, fooled, SEQUENCES);
		g_assert_cmpuint(fooled, <=, SEQUENCES / 20);
	}
}

static void test_differences_are_found_soon(void)
{
	static const FlPair always[] = {{0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}};
	static const double constant[] = {3, 3, 3, 3, 3};
	static const double clear[] = {3.1, 2.9, 3.0, 3.2, 2.8, 3.0};

	g_assert_cmpfloat(fl_significance_rates(always, 5), >, 100);
	g_assert_cmpfloat_with_epsilon(fl_significance_shift(constant, 5), 441, 1e-6);
	g_assert_cmpfloat(fl_significance_shift(clear, 6), >, 1000);
}

static void test_no_difference_is_none(void)
{
	static const FlPair same[] = {{0, 0}, {1, 1}, {0, 0}, {0, 0}};
	static const double zero[] = {0, 0, 0, 0, 0};

	g_assert_cmpfloat(fl_significance_rates(same, 4), <=, 1);
	g_assert_cmpfloat(fl_significance_rates(same, 0), ==, 1);
	g_assert_cmpfloat(fl_significance_shift(zero, 5), <=, 1);
	g_assert_cmpfloat(fl_significance_shift(zero, 1), ==, 1);
}

static void test_threshold_counts_what_was_looked_at(void)
{
	static const struct {
		double strengths[4];
		unsigned n;
		double threshold; /* 0: none */
	} cases[] = {
		{{0}, 0, 0},
		{{19}, 1, 0},
		{{20}, 1, 20},
		{{20, 1, 1, 1}, 4, 0},	/* one of four needs 80 */
		{{80, 1, 1, 1}, 4, 80}, /* ... and that is enough */
		{{40, 1, 40, 1}, 4, 40},
		{{20, 20, 20, 20}, 4, 20}, /* all of four need no more than one of one */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		double threshold = fl_significance_threshold(cases[i].strengths, cases[i].n, 0.05);

		if (cases[i].threshold > 0)
			g_assert_cmpfloat_with_epsilon(threshold, cases[i].threshold, 1e-6);
		else
			g_assert_true(isinf(threshold));
	}
}

static void test_rate_intervals(void)
{
	static const struct {
		unsigned seen, n;
		double low, high;
	} cases[] = {{0, 0, 0, 1}, {0, 6, 0, 0.390}, {6, 6, 0.610, 1}, {3, 10, 0.108, 0.603}};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		FlInterval interval = fl_significance_rate_interval(cases[i].seen, cases[i].n);

		g_assert_cmpfloat_with_epsilon(interval.low, cases[i].low, 0.001);
		g_assert_cmpfloat_with_epsilon(interval.high, cases[i].high, 0.001);
	}
}

static void test_median_intervals(void)
{
	static const double values[] = {9, 1, 8, 2, 7, 3, 6, 4, 5};
	static const struct {
		unsigned n;
		double median, low, high;
	} cases[] = {{1, 9, 9, 9}, {5, 7, 1, 9}, {6, 5, 1, 9}, {9, 5, 2, 8}};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		FlInterval interval = fl_significance_median_interval(values, cases[i].n);

		g_assert_cmpfloat(fl_significance_median(values, cases[i].n), ==, cases[i].median);
		g_assert_cmpfloat(interval.low, ==, cases[i].low);
		g_assert_cmpfloat(interval.high, ==, cases[i].high);
	}
	g_assert_true(isnan(fl_significance_median(values, 0)));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/significance/rates-fool-nobody-who-keeps-looking",
			test_rates_fool_nobody_who_keeps_looking);
	g_test_add_func("/significance/noise-fools-nobody-who-keeps-looking",
			test_noise_fools_nobody_who_keeps_looking);
	g_test_add_func("/significance/differences-are-found-soon",
			test_differences_are_found_soon);
	g_test_add_func("/significance/no-difference-is-none", test_no_difference_is_none);
	g_test_add_func("/significance/threshold-counts-what-was-looked-at",
			test_threshold_counts_what_was_looked_at);
	g_test_add_func("/significance/rate-intervals", test_rate_intervals);
	g_test_add_func("/significance/median-intervals", test_median_intervals);
	return g_test_run();
}
