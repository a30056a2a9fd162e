/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How strongly pairs of runs speak against "both sides are the same", and how far the sides are
 * apart. Pure arithmetic.
 *
 * Strength is an e-value: where there is no difference, its expectation is at most 1 after any number
 * of pairs. So whoever compares may look after each pair and stop when he likes, which a p-value
 * forbids; and among many e-values fl_significance_threshold() keeps the share of false alarms.
 */
#pragma once

#include <glib.h>

/* What one pair of runs told of one thing, side A and side B. */
typedef struct {
	double a, b;
} FlPair;

typedef struct {
	double low, high;
} FlInterval;

/*
 * Of outcomes that are 0 or 1, each pair one of either side. Holds whatever the two rates are.
 * Turner, Ly and Gruenwald, "Generic E-variables for exact sequential k-sample tests that allow for
 * optional stopping", J. Stat. Plan. Inference 2024, with one outcome of each side in a block.
 */
double fl_significance_rates(const FlPair *pairs, unsigned n);

/*
 * Of differences around 0, supposed to be about normal with an unknown spread: the t-test as a Bayes
 * factor with a normal prior on the size of the effect (Rouder et al. 2009), which is an e-value
 * (Perez-Ortiz et al., "E-statistics, group invariance and anytime-valid testing", 2024).
 */
double fl_significance_shift(const double *differences, unsigned n);

/*
 * The e-value from which on a difference is told, so that of those told at most a share of alpha is
 * expected to be none: e-BH, Wang and Ramdas, "False discovery rate control with e-values", 2022.
 * INFINITY: none is.
 */
double fl_significance_threshold(const double *strengths, unsigned n, double alpha);

/* The rate of seen among n, 95 % by itself (Wilson 1927); n of 0 gives 0 to 1. */
FlInterval fl_significance_rate_interval(unsigned seen, unsigned n);

double fl_significance_median(const double *values, unsigned n); /* n of 0 gives NAN */

/*
 * The median of what the values are drawn from, at least 95 % by itself whatever their distribution is
 * (order statistics); with fewer than six values all that was seen, which is less sure than that.
 */
FlInterval fl_significance_median_interval(const double *values, unsigned n);
