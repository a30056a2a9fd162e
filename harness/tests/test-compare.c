// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of judge/compare: what is shown on one side only is new or fixed, chance is not news, a
 * guest that could not tell says nothing for either side, and the same kernel twice is the same.
 */
#include "tests/record-fixture.h"

#include "judge/compare.h"

#include <math.h>

/* Verdicts that live as long as the comparison. */
typedef struct {
	FlCompare *compare;
	GPtrArray *verdicts;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->compare = fl_compare_new(0.99);
	fixture->verdicts = g_ptr_array_new_with_free_func((GDestroyNotify)fl_verdict_free);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fl_compare_free(fixture->compare);
	g_ptr_array_unref(fixture->verdicts);
}

static FlVerdict *verdict_of(Fixture *fixture, FlVerdictKind kind)
{
	FlVerdict *verdict = fl_verdict_new();

	verdict->kind = kind;
	g_ptr_array_add(fixture->verdicts, verdict);
	return verdict;
}

/* A guest with the test "t", which has the figure "m". */
static FlVerdict *guest(Fixture *fixture, FlVerdictKind kind, const char *metric, double value)
{
	FlVerdict *verdict = verdict_of(fixture, kind);
	FlTestResult *test = fixture_test("t", kind, "x");

	if (metric)
		fixture_metric(test, metric, value, true);
	g_ptr_array_add(verdict->tests, test);
	return verdict;
}

static FlVerdictKind kind_of(char letter)
{
	switch (letter) {
	case 'p':
		return FL_VERDICT_PASS;
	case 'h':
		return FL_VERDICT_HANG;
	case '?':
		return FL_VERDICT_BROKEN;
	default:
		return FL_VERDICT_FAIL;
	}
}

static const FlCompareRow *find(const GPtrArray *rows, FlCompareWhat what)
{
	for (guint i = 0; i < rows->len; i++)
		if (((FlCompareRow *)g_ptr_array_index(rows, i))->what == what)
			return g_ptr_array_index(rows, i);
	g_assert_not_reached();
}

/* Pass, fail, hang or broken, a letter for each guest. */
typedef struct {
	const char *what, *a, *b;
	FlCompareChange change;
	bool is_worse, is_better, is_clear;
	unsigned told;
} RateCase;

static const RateCase rate_cases[] = {
	{"nothing", "ppppp", "ppppp", FL_COMPARE_SAME, false, false, true, 5},
	{"broken by B", "ppppp", "fffff", FL_COMPARE_NEW, true, false, true, 5},
	{"a hang is a failure too", "ppppp", "hhhhh", FL_COMPARE_NEW, true, false, true, 5},
	{"mended by B", "fffff", "ppppp", FL_COMPARE_FIXED, false, true, true, 5},
	{"in both", "fffff", "fffff", FL_COMPARE_IN_BOTH, false, false, true, 5},
	{"too few", "pppp", "ffff", FL_COMPARE_UNSURE, false, false, false, 4},
	{"once", "ppppp", "ppfpp", FL_COMPARE_UNSURE, false, false, false, 5},
	{"a flake of both", "pfpppfpppp", "ppppfpppfp", FL_COMPARE_IN_BOTH, false, false, true, 10},
	{"more often", "ppppppfppppppppppppp", "ffffffffffffffffffff", FL_COMPARE_MOVED, true,
	 false, true, 20},
	{"guests that told nothing", "?p?pp?p?ppp", "fp?fffffff?", FL_COMPARE_UNSURE, false, false,
	 false, 6},
	{"no guest told", "?????", "fffff", FL_COMPARE_SAME, false, false, false, 0},
};

static void test_rates(Fixture *fixture, gconstpointer data)
{
	const RateCase *c = data;
	g_autoptr(GPtrArray) rows = NULL;
	const FlCompareRow *row;

	for (size_t i = 0; c->a[i]; i++)
		fl_compare_add(fixture->compare, guest(fixture, kind_of(c->a[i]), NULL, 0),
			       guest(fixture, kind_of(c->b[i]), NULL, 0));
	rows = fl_compare_rows(fixture->compare);
	row = find(rows, FL_COMPARE_TEST);
	g_assert_cmpstr(row->name, ==, "t");
	g_assert_cmpint(row->change, ==, c->change);
	g_assert_cmpint(row->is_worse, ==, c->is_worse);
	g_assert_cmpint(row->is_better, ==, c->is_better);
	g_assert_cmpint(fl_compare_is_worse(rows), ==, c->is_worse);
	g_assert_cmpint(fl_compare_is_clear(fixture->compare, rows), ==, c->is_clear);
	g_assert_cmpuint(fl_compare_told(fixture->compare), ==, c->told);
}

typedef struct {
	const char *what, *metric;
	double a, b, noise; /* of the value */
	FlCompareChange change;
	bool is_worse, is_better;
	bool shares_cpus;
} MetricCase;

static const MetricCase metric_cases[] = {
	{"a counter", "vma_lock_success", 0, 4096, 0, FL_COMPARE_MOVED, false, false},
	{"the same", "vma_lock_success", 4096, 4096, 0, FL_COMPARE_SAME, false, false},
	{"noise", "faults_per_second", 1000, 1000, 0.3, FL_COMPARE_SAME, false, false},
	{"slower", "faults_per_second", 1000, 500, 0.05, FL_COMPARE_MOVED, true, false},
	{"quicker", "faults_per_second", 500, 1000, 0.05, FL_COMPARE_MOVED, false, true},
	{"longer", "longest_fault_us", 1000, 4000, 0.05, FL_COMPARE_MOVED, true, false},
	{"shorter", "longest_fault_us", 4000, 1000, 0.05, FL_COMPARE_MOVED, false, true},
	{"longer where vCPUs wait for CPUs", "longest_fault_us", 1000, 4000, 0.05, FL_COMPARE_MOVED,
	 false, false, true},
	{"shorter where vCPUs wait for CPUs", "longest_fault_us", 4000, 1000, 0.05,
	 FL_COMPARE_MOVED, false, false, true},
	{"slower where vCPUs wait for CPUs", "faults_per_second", 1000, 500, 0.05, FL_COMPARE_MOVED,
	 true, false, true},
	{"sure, but nothing to speak of", "longest_fault_us", 1000, 1030, 0.001, FL_COMPARE_MOVED,
	 false, false},
	{"sure, and nothing at all", "longest_fault_us", 100000, 100100, 0, FL_COMPARE_SAME, false,
	 false},
	{"no ratio of less than nothing", "balance", -4, 4, 0, FL_COMPARE_SAME, false, false},
};

static void test_metrics(Fixture *fixture, gconstpointer data)
{
	const MetricCase *c = data;
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);
	g_autoptr(GPtrArray) rows = NULL;
	const FlCompareRow *row;

	if (c->shares_cpus)
		fl_compare_share_cpus(fixture->compare);
	for (unsigned i = 0; i < 6; i++) {
		double a = c->a * (1 + c->noise * g_rand_double_range(rand, -1, 1));
		double b = c->b * (1 + c->noise * g_rand_double_range(rand, -1, 1));

		fl_compare_add(fixture->compare, guest(fixture, FL_VERDICT_PASS, c->metric, a),
			       guest(fixture, FL_VERDICT_PASS, c->metric, b));
	}
	rows = fl_compare_rows(fixture->compare);
	row = find(rows, FL_COMPARE_METRIC);
	g_assert_cmpstr(row->detail, ==, c->metric);
	g_assert_cmpint(row->change, ==, c->change);
	g_assert_cmpint(row->is_worse, ==, c->is_worse);
	g_assert_cmpint(row->is_better, ==, c->is_better);
}

static void test_a_splat_is_told_by_its_signature(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) rows = NULL;
	const FlCompareRow *row;

	(void)data;
	for (unsigned i = 0; i < 5; i++) {
		FlVerdict *b = guest(fixture, FL_VERDICT_FAIL, NULL, 0);

		g_ptr_array_add(b->splats, fixture_splat());
		g_ptr_array_add(b->splats, fixture_splat());
		fl_compare_add(fixture->compare, guest(fixture, FL_VERDICT_PASS, NULL, 0), b);
	}
	rows = fl_compare_rows(fixture->compare);
	row = find(rows, FL_COMPARE_SPLAT);
	g_assert_cmpstr(row->detail, ==, "lockdep:bad-unlock:do_shared_fault");
	g_assert_cmpint(row->change, ==, FL_COMPARE_NEW);
	/* The guest, the test, and one splat, however often it came. */
	g_assert_cmpuint(rows->len, ==, 3);
}

/* A guest that dies before any test, without a word: only the guest as a whole tells. */
static void test_a_guest_without_tests_is_still_compared(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) rows = NULL;

	(void)data;
	for (unsigned i = 0; i < 5; i++)
		fl_compare_add(fixture->compare, verdict_of(fixture, FL_VERDICT_PASS),
			       verdict_of(fixture, FL_VERDICT_CRASH));
	fl_compare_add(fixture->compare, NULL, verdict_of(fixture, FL_VERDICT_CRASH));
	rows = fl_compare_rows(fixture->compare);
	g_assert_cmpuint(rows->len, ==, 1);
	g_assert_cmpint(find(rows, FL_COMPARE_GUEST)->change, ==, FL_COMPARE_NEW);
	g_assert_true(fl_compare_is_worse(rows));
}

/* A suite as it is: tests that never fail, and figures with a host's noise, some of it bad. */
static FlVerdict *noisy_guest(Fixture *fixture, GRand *rand)
{
	FlVerdict *verdict = verdict_of(fixture, FL_VERDICT_PASS);

	for (unsigned i = 0; i < 40; i++) {
		g_autofree char *name = g_strdup_printf("test-%u", i);
		FlTestResult *test = fixture_test(name, FL_VERDICT_PASS, "");
		double x = g_rand_double_range(rand, -1, 1);

		fixture_metric(test, "faults", 4096, true);
		fixture_metric(test, "faults_per_second", 100000 * exp(0.3 * x), false);
		fixture_metric(test, "longest_fault_us",
			       1000 * exp(2 * pow(g_rand_double_range(rand, -1, 1), 3)), false);
		fixture_metric(test, "vma_lock_retry", g_rand_int_range(rand, 0, 9), true);
		g_ptr_array_add(verdict->tests, test);
	}
	return verdict;
}

static void test_the_same_kernel_twice_is_the_same(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(4);

	(void)data;
	for (unsigned n = 0; n < 100; n++) {
		g_autoptr(FlCompare) compare = fl_compare_new(0.99);

		for (unsigned pair = 0; pair < 10; pair++) {
			g_autoptr(GPtrArray) rows = NULL;

			fl_compare_add(compare, noisy_guest(fixture, rand),
				       noisy_guest(fixture, rand));
			rows = fl_compare_rows(compare);
			for (guint i = 0; i < rows->len; i++) {
				const FlCompareRow *row = g_ptr_array_index(rows, i);

				g_assert_cmpint(row->change, ==, FL_COMPARE_SAME);
			}
		}
		g_ptr_array_set_size(fixture->verdicts, 0);
	}
}

static void add_case(const char *group, const char *what, gconstpointer data,
		     void (*fn)(Fixture *, gconstpointer))
{
	g_autofree char *path = g_strdup_printf("/compare/%s/%s", group, what);

	g_test_add(path, Fixture, data, set_up, fn, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rate_cases); i++)
		add_case("rates", rate_cases[i].what, &rate_cases[i], test_rates);
	for (size_t i = 0; i < G_N_ELEMENTS(metric_cases); i++)
		add_case("metrics", metric_cases[i].what, &metric_cases[i], test_metrics);
	g_test_add("/compare/a-splat-is-told-by-its-signature", Fixture, NULL, set_up,
		   test_a_splat_is_told_by_its_signature, tear_down);
	g_test_add("/compare/a-guest-without-tests-is-still-compared", Fixture, NULL, set_up,
		   test_a_guest_without_tests_is_still_compared, tear_down);
	g_test_add("/compare/the-same-kernel-twice-is-the-same", Fixture, NULL, set_up,
		   test_the_same_kernel_twice_is_the_same, tear_down);
	return g_test_run();
}
