/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two kernels side by side: from the verdicts of pairs of guests to what differs between them, and
 * whether that is more than chance. Says nothing of how the guests came to be.
 */
#pragma once

#include "judge/significance.h"
#include "judge/verdict.h"

typedef enum {
	FL_COMPARE_GUEST, /* whether anything at all was wrong */
	FL_COMPARE_TEST,
	FL_COMPARE_SPLAT,
	FL_COMPARE_METRIC
} FlCompareWhat;

/* Fewer pairs than that are no answer, however loud. */
#define FL_COMPARE_PAIRS_MIN 5u

/* From A to B. Of the guest, tests and splats by their rates; of metrics by their ratio. */
typedef enum {
	FL_COMPARE_SAME,    /* nothing was seen on either side; of a metric: no difference shown */
	FL_COMPARE_IN_BOTH, /* seen on both sides; no difference shown */
	FL_COMPARE_UNSURE,  /* seen on one side only, which may be chance */
	FL_COMPARE_NEW,
	FL_COMPARE_FIXED,
	FL_COMPARE_MOVED /* the rate or the metric, by more than chance */
} FlCompareChange;

typedef struct {
	FlCompareWhat what;
	char *name;	 /* of the test; of a splat its title; of the guest "any fault" */
	char *detail;	 /* name of the metric; signature of the splat; else NULL */
	GArray *pairs;	 /* of FlPair: those in which both sides told */
	double strength; /* e-value against "no difference" */
	FlCompareChange change;
	bool is_worse, is_better; /* B than A; neither where nobody can say which way is good */
	/* Rates, or medians of the metric; of a metric ratio is that of a pair's b to its a. */
	double a, b;
	FlInterval a_interval, b_interval; /* of rates */
	double ratio;
	FlInterval ratio_interval;
	unsigned a_seen, b_seen; /* of rates */
} FlCompareRow;

typedef struct FlCompare FlCompare;

/* confidence: 1 minus the share of false alarms among the differences told, 0.5 to 0.9999. */
FlCompare *fl_compare_new(double confidence);
void fl_compare_free(FlCompare *compare);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlCompare, fl_compare_free)

/*
 * The guests had more vCPUs than the host has CPUs. The busier kernel's vCPUs then wait for each other,
 * in the midst of a fault too: of a latency neither way is good or bad.
 */
void fl_compare_share_cpus(FlCompare *compare);
bool fl_compare_shares_cpus(const FlCompare *compare);

/* One more pair. The verdicts are borrowed for as long as the comparison lives. */
void fl_compare_add(FlCompare *compare, const FlVerdict *a, const FlVerdict *b);

unsigned fl_compare_pairs(const FlCompare *compare);

/* Pairs in which both guests told whether anything was wrong: without one nothing is known. */
unsigned fl_compare_told(const FlCompare *compare);

/* Of FlCompareRow: the guest, then tests, splats and metrics as they came; the caller unrefs. */
GPtrArray *fl_compare_rows(const FlCompare *compare);

/* Whether B is worse by more than chance in anything. */
bool fl_compare_is_worse(const GPtrArray *rows);

/* Whether more pairs would hardly say more: each difference is shown, or there is no hint of one. */
bool fl_compare_is_clear(const FlCompare *compare, const GPtrArray *rows);
