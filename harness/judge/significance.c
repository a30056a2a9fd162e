// SPDX-License-Identifier: GPL-2.0-only
/*
 * The formulas of the papers that the header names, in logarithms where they would overflow.
 */
#include "judge/significance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The prior for which a block of one and one learns fastest (Turner et al., section 4). */
#define RATE_PRIOR 0.18
/* Variance of the effect's prior in units of the spread: differences worth a word are large. */
#define EFFECT_VARIANCE 4.0
#define Z_95		1.959964

static double log_likelihood(double rate, double outcome)
{
	return log(outcome > 0.5 ? rate : 1 - rate);
}

double fl_significance_rates(const FlPair *pairs, unsigned n)
{
	double a_seen = 0, b_seen = 0, sum = 0;

	for (unsigned i = 0; i < n; i++) {
		/* What the pairs before it say, so that each is foretold before it is seen. */
		double a = (a_seen + RATE_PRIOR) / (i + 2 * RATE_PRIOR);
		double b = (b_seen + RATE_PRIOR) / (i + 2 * RATE_PRIOR);
		double both = (a + b) / 2;

		sum += log_likelihood(a, pairs[i].a) + log_likelihood(b, pairs[i].b) -
		       log_likelihood(both, pairs[i].a) - log_likelihood(both, pairs[i].b);
		a_seen += pairs[i].a > 0.5;
		b_seen += pairs[i].b > 0.5;
	}
	return exp(sum);
}

double fl_significance_shift(const double *differences, unsigned n)
{
	double mean = 0, square = 0, freedom = (double)n - 1, spread, part;
	double widened = 1 + n * EFFECT_VARIANCE;

	if (n < 2)
		return 1;
	for (unsigned i = 0; i < n; i++)
		mean += differences[i] / n;
	for (unsigned i = 0; i < n; i++)
		square += (differences[i] - mean) * (differences[i] - mean);
	/* t^2 over its degrees of freedom is part / (1 - part): no division by a spread of nothing. */
	spread = square + n * mean * mean;
	part = spread > 0 ? n * mean * mean / spread : 0;
	return exp(-0.5 * log(widened) - (freedom + 1) / 2 * log((1 - part) + part / widened));
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted(const double *values, unsigned n)
{
	double *copy = g_new(double, n + 1);

	memcpy(copy, values, n * sizeof(*values));
	qsort(copy, n, sizeof(*copy), compare_numbers);
	return copy;
}

double fl_significance_threshold(const double *strengths, unsigned n, double alpha)
{
	g_autofree double *by_size = sorted(strengths, n);

	/* The most that can be told: k of them with at least n / (alpha k) each. */
	for (unsigned k = n; k > 0; k--)
		if (by_size[n - k] >= n / (alpha * k))
			return n / (alpha * k);
	return INFINITY;
}

FlInterval fl_significance_rate_interval(unsigned seen, unsigned n)
{
	double rate = n ? (double)seen / n : 0.5;
	double z2 = Z_95 * Z_95, center, half;

	if (!n)
		return (FlInterval){0, 1};
	center = (rate + z2 / (2 * n)) / (1 + z2 / n);
	half = Z_95 / (1 + z2 / n) * sqrt(rate * (1 - rate) / n + z2 / (4.0 * n * n));
	return (FlInterval){seen ? fmax(0, center - half) : 0,
			    seen < n ? fmin(1, center + half) : 1};
}

double fl_significance_median(const double *values, unsigned n)
{
	g_autofree double *by_size = sorted(values, n);

	if (!n)
		return NAN;
	return (by_size[(n - 1) / 2] + by_size[n / 2]) / 2;
}

/* How many values may be cut off at each end: both tails of n fair coins within 5 %. */
static unsigned cut_off(unsigned n)
{
	double coin = pow(0.5, n), tail = coin;
	unsigned cut = 0;

	while (cut < n / 2 && 2 * tail <= 0.05) {
		cut++;
		coin *= (double)(n - cut + 1) / cut;
		tail += coin;
	}
	return cut ? cut - 1 : 0;
}

FlInterval fl_significance_median_interval(const double *values, unsigned n)
{
	g_autofree double *by_size = sorted(values, n);
	unsigned cut = cut_off(n);

	if (!n)
		return (FlInterval){NAN, NAN};
	return (FlInterval){by_size[cut], by_size[n - 1 - cut]};
}
