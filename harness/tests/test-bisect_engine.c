// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/bisect_engine, kept in simulation by the very code that bisects kernels: it is
 * as right as it says, for the runs and builds that it may cost, where a fixed number of runs for
 * each step of a binary search is not.
 */
#include "flow/bisect_engine.h"

#define N_COMMITS 1024u

typedef struct {
	unsigned trials, right;
	double runs, builds; /* on average */
} Outcome;

static bool is_right(const FlBisectEngine *engine, unsigned culprit)
{
	g_autoptr(GArray) found = fl_bisect_engine_culprits(engine);

	return found->len == 1 && g_array_index(found, unsigned, 0) == culprit;
}

/* One bisect of a line whose commits fail, from the culprit on, in p of their runs. */
static void bisect_line(const FlBisectRules *rules, double p, GRand *random, Outcome *outcome)
{
	unsigned n = N_COMMITS + 1, culprit = (unsigned)g_rand_int_range(random, 1, (gint32)n);
	g_autoptr(FlBisectEngine) engine = fl_bisect_engine_new(&(FlBisectGraph){.n = n}, rules);
	g_autofree bool *built = g_new0(bool, n);
	FlBisectStep step;

	fl_bisect_engine_costs(engine, 10, 30);
	while ((step = fl_bisect_engine_next(engine)).what == FL_BISECT_RUN) {
		bool fails = step.commit >= culprit && g_rand_double(random) < p;

		outcome->runs++;
		outcome->builds += !built[step.commit];
		built[step.commit] = true;
		fl_bisect_engine_observe(engine, step.commit,
					 fails ? FL_BISECT_FAIL : FL_BISECT_PASS);
	}
	outcome->right += step.what == FL_BISECT_FOUND && is_right(engine, culprit);
	outcome->trials++;
}

static Outcome simulate(double p, double rate, unsigned trials)
{
	FlBisectRules rules = fl_bisect_engine_rules(0.95, rate, 2000);
	g_autoptr(GRand) random = g_rand_new_with_seed(42);
	Outcome outcome = {0};

	while (outcome.trials < trials)
		bisect_line(&rules, p, random, &outcome);
	outcome.runs /= trials;
	outcome.builds /= trials;
	g_test_message("p %.2f: right %u of %u, %.1f runs, %.1f builds", p, outcome.right,
		       outcome.trials, outcome.runs, outcome.builds);
	return outcome;
}

static void test_one_in_ten(void)
{
	Outcome outcome = simulate(0.1, 0.1, 100);

	g_assert_cmpuint(outcome.right, >=, 98);
	g_assert_cmpfloat(outcome.runs, <=, 250);
	g_assert_cmpfloat(outcome.builds, <=, 13);
}

static void test_three_in_ten(void)
{
	g_assert_cmpuint(simulate(0.3, 0, 100).right, >=, 95);
}

static void test_always(void)
{
	Outcome outcome = simulate(1, 0, 50);

	g_assert_cmpuint(outcome.right, ==, 50);
	g_assert_cmpfloat(outcome.runs, <=, 20);
	g_assert_cmpfloat(outcome.builds, <=, 12.5);
}

/* What everybody does: a binary search, ten runs a step, bad at the first failure. */
static void test_fixed_runs_are_wrong(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(42);
	unsigned right = 0;

	for (unsigned trial = 0; trial < 100; trial++) {
		unsigned culprit = (unsigned)g_rand_int_range(random, 1, N_COMMITS + 1);
		unsigned good = 0, bad = N_COMMITS;

		while (bad - good > 1) {
			unsigned middle = (good + bad) / 2;
			bool failed = false;

			for (unsigned run = 0; run < 10; run++)
				failed |= middle >= culprit && g_rand_double(random) < 0.1;
			if (failed)
				bad = middle;
			else
				good = middle;
		}
		right += bad == culprit;
	}
	g_test_message("ten runs a step: right %u of 100", right);
	g_assert_cmpuint(right, <, 35);
}

/* Runs an engine on commits that always tell; broken ones cannot be run. */
static void walk(FlBisectEngine *engine, const bool *bad, const bool *broken)
{
	FlBisectStep step;

	while ((step = fl_bisect_engine_next(engine)).what == FL_BISECT_RUN) {
		if (broken && broken[step.commit])
			fl_bisect_engine_skip(engine, step.commit);
		else
			fl_bisect_engine_observe(engine, step.commit,
						 bad[step.commit] ? FL_BISECT_FAIL
								  : FL_BISECT_PASS);
	}
	g_assert_cmpint(step.what, ==, FL_BISECT_FOUND);
}

static void check_culprits(const FlBisectEngine *engine, const unsigned *wanted, guint n)
{
	g_autoptr(GArray) found = fl_bisect_engine_culprits(engine);

	g_assert_cmpuint(found->len, ==, n);
	for (guint i = 0; i < MIN(n, found->len); i++)
		g_assert_cmpuint(g_array_index(found, unsigned, i), ==, wanted[i]);
}

static FlBisectRules usual(void)
{
	return fl_bisect_engine_rules(0.95, 0, 200);
}

static void test_untestable(void)
{
	const bool bad[8] = {[5] = true, [6] = true, [7] = true};
	const bool broken[8] = {[3] = true, [4] = true};
	const unsigned either[] = {3, 4, 5};
	FlBisectRules rules = usual();
	g_autoptr(FlBisectEngine) engine = fl_bisect_engine_new(&(FlBisectGraph){.n = 8}, &rules);

	walk(engine, bad, broken);
	check_culprits(engine, either, 3);
}

/* 0 - 1 - 2 ------- 5 - 6, with the side branch 0 - 3 - 4 merged at 5; 4 is guilty. */
static void test_merge(void)
{
	const unsigned edges[] = {0, 1, 0, 3, 2, 4, 5}, first[] = {0, 0, 1, 2, 3, 4, 6, 7};
	const bool bad[7] = {[4] = true, [5] = true, [6] = true};
	const unsigned guilty[] = {4};
	FlBisectRules rules = usual();
	g_autoptr(FlBisectEngine) engine = fl_bisect_engine_new(
		&(FlBisectGraph){.n = 7, .edges = edges, .first_edge = first}, &rules);
	g_autoptr(GArray) parents = NULL;

	walk(engine, bad, NULL);
	check_culprits(engine, guilty, 1);
	parents = fl_bisect_engine_parents(engine, 5);
	g_assert_cmpuint(parents->len, ==, 2);
}

static void test_same_kernel(void)
{
	const bool bad[6] = {[3] = true, [4] = true, [5] = true};
	const unsigned guilty[] = {3};
	FlBisectRules rules = usual();
	g_autoptr(FlBisectEngine) engine = fl_bisect_engine_new(&(FlBisectGraph){.n = 6}, &rules);

	fl_bisect_engine_same(engine, 2, 1);
	fl_bisect_engine_same(engine, 4, 3);
	walk(engine, bad, NULL);
	check_culprits(engine, guilty, 1);
}

static void test_bad_ends(void)
{
	FlBisectRules rules = usual();
	g_autoptr(FlBisectEngine) quiet = fl_bisect_engine_new(&(FlBisectGraph){.n = 9}, &rules);
	g_autoptr(FlBisectEngine) broken = fl_bisect_engine_new(&(FlBisectGraph){.n = 9}, &rules);
	g_autoptr(FlBisectEngine) poor = NULL;
	FlBisectStep step;

	while ((step = fl_bisect_engine_next(quiet)).what == FL_BISECT_RUN)
		fl_bisect_engine_observe(quiet, step.commit, FL_BISECT_PASS);
	g_assert_cmpint(step.what, ==, FL_BISECT_NOT_SEEN);
	while ((step = fl_bisect_engine_next(broken)).what == FL_BISECT_RUN)
		fl_bisect_engine_observe(broken, step.commit, FL_BISECT_CANNOT_TELL);
	g_assert_cmpint(step.what, ==, FL_BISECT_BAD_BROKEN);
	rules.max_runs = 2;
	poor = fl_bisect_engine_new(&(FlBisectGraph){.n = 900}, &rules);
	while ((step = fl_bisect_engine_next(poor)).what == FL_BISECT_RUN)
		fl_bisect_engine_observe(poor, step.commit, FL_BISECT_FAIL);
	g_assert_cmpint(step.what, ==, FL_BISECT_BUDGET);
}

/* Everything fails, the good end too: then it is said of the good end. */
static void test_good_is_bad(void)
{
	const bool bad[6] = {true, true, true, true, true, true};
	const unsigned good_end[] = {0};
	FlBisectRules rules = usual();
	g_autoptr(FlBisectEngine) engine = fl_bisect_engine_new(&(FlBisectGraph){.n = 6}, &rules);

	walk(engine, bad, NULL);
	check_culprits(engine, good_end, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/bisect-engine/fails-once-in-ten-runs", test_one_in_ten);
	g_test_add_func("/bisect-engine/fails-three-times-in-ten", test_three_in_ten);
	g_test_add_func("/bisect-engine/fails-always", test_always);
	g_test_add_func("/bisect-engine/ten-runs-a-step-are-wrong", test_fixed_runs_are_wrong);
	g_test_add_func("/bisect-engine/commits-that-cannot-be-run", test_untestable);
	g_test_add_func("/bisect-engine/merges", test_merge);
	g_test_add_func("/bisect-engine/same-kernel", test_same_kernel);
	g_test_add_func("/bisect-engine/ends-that-do-not-tell", test_bad_ends);
	g_test_add_func("/bisect-engine/good-end-is-bad", test_good_is_bad);
	return g_test_run();
}
