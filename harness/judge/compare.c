// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of a comparison. Each thing that may differ is a row with its pairs of outcomes; a guest
 * that could not tell leaves its pair out. What a difference is worth is significance.c's business.
 */
#include "judge/compare.h"

#include "judge/target.h"

#include <math.h>

/* An e-value that calls for more pairs where it does not tell yet. */
#define HINT 10.0
/* A metric that moved by less is no news, however sure it is. */
#define RATIO_MIN 0.01
/* ... and by less than that it makes no kernel worse or better. */
#define RATIO_MATTERS 0.05

typedef struct {
	const FlVerdict *a, *b;
} Round;

struct FlCompare {
	double alpha;
	bool shares_cpus;
	GArray *rounds; /* of Round */
};

FlCompare *fl_compare_new(double confidence)
{
	FlCompare *compare = g_new0(FlCompare, 1);

	g_assert(confidence > 0 && confidence < 1);
	compare->alpha = 1 - confidence;
	compare->rounds = g_array_new(FALSE, FALSE, sizeof(Round));
	return compare;
}

void fl_compare_free(FlCompare *compare)
{
	if (!compare)
		return;
	g_array_unref(compare->rounds);
	g_free(compare);
}

void fl_compare_share_cpus(FlCompare *compare)
{
	compare->shares_cpus = true;
}

bool fl_compare_shares_cpus(const FlCompare *compare)
{
	return compare->shares_cpus;
}

void fl_compare_add(FlCompare *compare, const FlVerdict *a, const FlVerdict *b)
{
	Round round = {a, b};

	g_array_append_val(compare->rounds, round);
}

unsigned fl_compare_pairs(const FlCompare *compare)
{
	return compare->rounds->len;
}

/* ---- what one guest says of one thing ---- */

static bool look(const FlTarget *target, const FlVerdict *verdict, double *ret_outcome)
{
	FlTargetSight sight = fl_target_look(target, verdict);

	*ret_outcome = sight == FL_TARGET_SEEN;
	return sight != FL_TARGET_UNKNOWN;
}

static const FlTestResult *find_test(const FlVerdict *verdict, const char *name)
{
	for (guint i = 0; verdict && i < verdict->tests->len; i++) {
		const FlTestResult *test = g_ptr_array_index(verdict->tests, i);

		if (g_str_equal(test->name, name))
			return test;
	}
	return NULL;
}

static bool measure(const FlCompareRow *row, const FlVerdict *verdict, double *ret_value)
{
	const FlTestResult *test = find_test(verdict, row->name);

	for (guint i = 0; test && i < test->metrics->len; i++) {
		const FlMetric *metric = g_ptr_array_index(test->metrics, i);

		if (!g_str_equal(metric->name, row->detail))
			continue;
		*ret_value = metric->value;
		/* Ratios are of what counts up from nothing. */
		return isfinite(metric->value) && metric->value >= 0;
	}
	return false;
}

static bool outcome_of(const FlCompareRow *row, const FlVerdict *verdict, double *ret_outcome)
{
	const char *tests[] = {row->name, NULL};

	switch (row->what) {
	case FL_COMPARE_GUEST:
		return look(&(FlTarget){0}, verdict, ret_outcome);
	case FL_COMPARE_TEST:
		return look(&(FlTarget){.tests = tests}, verdict, ret_outcome);
	case FL_COMPARE_SPLAT:
		return look(&(FlTarget){.signature = row->detail}, verdict, ret_outcome);
	case FL_COMPARE_METRIC:
		break;
	}
	return measure(row, verdict, ret_outcome);
}

/* ---- one row ---- */

static void row_free(gpointer data)
{
	FlCompareRow *row = data;

	g_free(row->name);
	g_free(row->detail);
	g_array_unref(row->pairs);
	g_free(row);
}

static FlCompareRow *row_new(FlCompareWhat what, const char *name, const char *detail)
{
	FlCompareRow *row = g_new0(FlCompareRow, 1);

	row->what = what;
	row->name = g_strdup(name);
	row->detail = g_strdup(detail);
	row->pairs = g_array_new(FALSE, FALSE, sizeof(FlPair));
	return row;
}

static void gather(FlCompareRow *row, const GArray *rounds)
{
	for (guint i = 0; i < rounds->len; i++) {
		const Round *round = &g_array_index(rounds, Round, i);
		FlPair pair;

		if (outcome_of(row, round->a, &pair.a) && outcome_of(row, round->b, &pair.b))
			g_array_append_val(row->pairs, pair);
	}
}

static const FlPair *pairs_of(const FlCompareRow *row)
{
	return (const FlPair *)(gpointer)row->pairs->data;
}

static void weigh_rates(FlCompareRow *row)
{
	const FlPair *pairs = pairs_of(row);
	unsigned n = row->pairs->len;

	for (unsigned i = 0; i < n; i++) {
		row->a_seen += pairs[i].a > 0;
		row->b_seen += pairs[i].b > 0;
	}
	row->a = n ? (double)row->a_seen / n : 0;
	row->b = n ? (double)row->b_seen / n : 0;
	row->a_interval = fl_significance_rate_interval(row->a_seen, n);
	row->b_interval = fl_significance_rate_interval(row->b_seen, n);
	row->strength = fl_significance_rates(pairs, n);
}

/*
 * By logarithms: twice as much and half as much are as far from the same. One is added to both sides,
 * for counters that stay at nothing.
 */
static void weigh_metric(FlCompareRow *row)
{
	const FlPair *pairs = pairs_of(row);
	unsigned n = row->pairs->len;
	g_autofree double *a = g_new(double, n + 1);
	g_autofree double *b = g_new(double, n + 1);
	g_autofree double *differences = g_new(double, n + 1);

	for (unsigned i = 0; i < n; i++) {
		a[i] = pairs[i].a;
		b[i] = pairs[i].b;
		differences[i] = log((pairs[i].b + 1) / (pairs[i].a + 1));
	}
	row->a = fl_significance_median(a, n);
	row->b = fl_significance_median(b, n);
	row->ratio = exp(fl_significance_median(differences, n));
	row->ratio_interval = fl_significance_median_interval(differences, n);
	row->ratio_interval.low = exp(row->ratio_interval.low);
	row->ratio_interval.high = exp(row->ratio_interval.high);
	row->strength = fl_significance_shift(differences, n);
}

/* ---- what there is to compare ---- */

typedef struct {
	GPtrArray *rows;
	GHashTable *known; /* of keys that have a row */
} Gathering;

static void want(Gathering *gathering, FlCompareWhat what, const char *name, const char *detail)
{
	const char *key_detail = what == FL_COMPARE_TEST ? "" : detail;
	char *key = g_strdup_printf("%d %s %s", (int)what, what == FL_COMPARE_SPLAT ? "" : name,
				    key_detail);

	if (g_hash_table_add(gathering->known, key))
		g_ptr_array_add(gathering->rows, row_new(what, name, detail));
}

static void want_tests(Gathering *gathering, const FlVerdict *verdict)
{
	for (guint i = 0; verdict && i < verdict->tests->len; i++)
		want(gathering, FL_COMPARE_TEST,
		     ((FlTestResult *)g_ptr_array_index(verdict->tests, i))->name, NULL);
}

static void want_splats(Gathering *gathering, const FlVerdict *verdict)
{
	for (guint i = 0; verdict && i < verdict->splats->len; i++) {
		const FlSplat *splat = g_ptr_array_index(verdict->splats, i);

		want(gathering, FL_COMPARE_SPLAT, splat->title, splat->signature);
	}
}

static void want_metrics(Gathering *gathering, const FlVerdict *verdict)
{
	for (guint i = 0; verdict && i < verdict->tests->len; i++) {
		const FlTestResult *test = g_ptr_array_index(verdict->tests, i);

		for (guint j = 0; j < test->metrics->len; j++)
			want(gathering, FL_COMPARE_METRIC, test->name,
			     ((FlMetric *)g_ptr_array_index(test->metrics, j))->name);
	}
}

static GPtrArray *wanted(const FlCompare *compare)
{
	static void (*const kinds[])(Gathering *, const FlVerdict *) = {want_tests, want_splats,
									want_metrics};
	Gathering gathering = {g_ptr_array_new_with_free_func(row_free),
			       g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};

	g_ptr_array_add(gathering.rows, row_new(FL_COMPARE_GUEST, "any fault", NULL));
	for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
		for (guint i = 0; i < compare->rounds->len; i++) {
			const Round *round = &g_array_index(compare->rounds, Round, i);

			kinds[kind](&gathering, round->a);
			kinds[kind](&gathering, round->b);
		}
	g_hash_table_unref(gathering.known);
	return gathering.rows;
}

/* ---- what it comes to ---- */

static FlCompareChange change_of_rates(const FlCompareRow *row, bool is_real)
{
	if (!row->a_seen && !row->b_seen)
		return FL_COMPARE_SAME;
	if (row->a_seen && row->b_seen)
		return is_real ? FL_COMPARE_MOVED : FL_COMPARE_IN_BOTH;
	if (!is_real)
		return FL_COMPARE_UNSURE;
	return row->a_seen ? FL_COMPARE_FIXED : FL_COMPARE_NEW;
}

static bool is_off_by(const FlCompareRow *row, double share)
{
	return row->ratio_interval.low > 1 + share || row->ratio_interval.high < 1 / (1 + share);
}

/* What a metric's unit says of the way in which it should go; 0: nothing. */
static int good_direction(const char *metric, bool shares_cpus)
{
	if (g_str_has_suffix(metric, "_per_second"))
		return 1;
	if (g_str_has_suffix(metric, "_us") || g_str_has_suffix(metric, "_ms"))
		return shares_cpus ? 0 : -1;
	return 0;
}

static void judge_metric(FlCompareRow *row, bool is_real, bool shares_cpus)
{
	int way = (row->ratio > 1 ? 1 : -1) * good_direction(row->detail, shares_cpus);

	row->change = is_real && is_off_by(row, RATIO_MIN) ? FL_COMPARE_MOVED : FL_COMPARE_SAME;
	if (row->change == FL_COMPARE_MOVED && is_off_by(row, RATIO_MATTERS)) {
		row->is_better = way > 0;
		row->is_worse = way < 0;
	}
}

static void judge_row(FlCompareRow *row, double threshold, bool shares_cpus)
{
	bool is_real = row->pairs->len >= FL_COMPARE_PAIRS_MIN && row->strength >= threshold;

	if (row->what == FL_COMPARE_METRIC) {
		judge_metric(row, is_real, shares_cpus);
		return;
	}
	row->change = change_of_rates(row, is_real);
	row->is_worse = is_real && row->b > row->a;
	row->is_better = is_real && row->b < row->a;
}

static double threshold_of(const GPtrArray *rows, double alpha)
{
	g_autofree double *strengths = g_new(double, rows->len + 1);

	for (guint i = 0; i < rows->len; i++)
		strengths[i] = ((FlCompareRow *)g_ptr_array_index(rows, i))->strength;
	return fl_significance_threshold(strengths, rows->len, alpha);
}

GPtrArray *fl_compare_rows(const FlCompare *compare)
{
	GPtrArray *rows = wanted(compare);
	double threshold;

	for (guint i = 0; i < rows->len; i++) {
		FlCompareRow *row = g_ptr_array_index(rows, i);

		gather(row, compare->rounds);
		if (row->what == FL_COMPARE_METRIC)
			weigh_metric(row);
		else
			weigh_rates(row);
	}
	threshold = threshold_of(rows, compare->alpha);
	for (guint i = 0; i < rows->len; i++)
		judge_row(g_ptr_array_index(rows, i), threshold, compare->shares_cpus);
	return rows;
}

unsigned fl_compare_told(const FlCompare *compare)
{
	FlCompareRow *row = row_new(FL_COMPARE_GUEST, "", NULL);
	unsigned told;

	gather(row, compare->rounds);
	told = row->pairs->len;
	row_free(row);
	return told;
}

bool fl_compare_is_worse(const GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++)
		if (((FlCompareRow *)g_ptr_array_index(rows, i))->is_worse)
			return true;
	return false;
}

bool fl_compare_is_clear(const FlCompare *compare, const GPtrArray *rows)
{
	if (fl_compare_told(compare) < FL_COMPARE_PAIRS_MIN)
		return false;
	for (guint i = 0; i < rows->len; i++) {
		const FlCompareRow *row = g_ptr_array_index(rows, i);
		bool is_told = row->change >= FL_COMPARE_NEW;

		if (row->change == FL_COMPARE_UNSURE || (!is_told && row->strength >= HINT))
			return false;
	}
	return true;
}
