// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/explore_text: what was covered and what that means, and how to see a failure
 * again.
 */
#include "report/explore_text.h"

#include "base/json.h"

#include <string.h>

static const FlExploreFailure failure = {.seed = 17,
					 .verdict = "FAIL",
					 .reason = "test x failed\033",
					 .evidence = "out/e",
					 .replay = "faultline replay out/e",
					 .again = "faultline run --seed 17",
					 .smallest = "faultline run --cpus 2 --seed 18",
					 .verified = "out/runs/1"};

static void test_failed(void)
{
	FlExploreText explored = {.kernel = "patched",
				  .cpus = 4,
				  .done = 17,
				  .distinct = 16,
				  .per_minute = 20.04,
				  .failures = &failure,
				  .n_failures = 1,
				  .journal = "out/j"};
	g_autofree char *text = fl_explore_text(&explored);
	g_autofree char *live = fl_explore_text_live(&explored, 100);
	g_autofree char *timed = fl_explore_text_live(&explored, 0);
	g_autoptr(json_t) json = fl_explore_text_json(&explored);
	const json_t *first = json_array_get(json_object_get(json, "failures"), 0);

	g_assert_true(g_str_has_prefix(text,
				       "FAIL: seed 17: test x failed?\n"
				       "  replay:   faultline replay out/e\n"
				       "  again:    faultline run --seed 17\n"
				       "  smallest: faultline run --cpus 2 --seed 18\n"
				       "  verified: out/runs/1\n"
				       "covered: 17 seeds of patched on 4 vCPUs, 16 distinct "
				       "outcomes by console, results and figures; 20.0 seeds a "
				       "minute\n"));
	g_assert_nonnull(strstr(text, "\nstrategy: none. "));
	g_assert_nonnull(strstr(text, "No bound on what was missed"));
	g_assert_nonnull(strstr(text, "\nFAIL: 1 of 17 seeds failed\njournal: out/j\n"));
	g_assert_cmpstr(live, ==, "17 of 100 seeds, 20.0 a minute, 16 distinct, 1 failed");
	g_assert_cmpstr(timed, ==, "17 seeds, 20.0 a minute, 16 distinct, 1 failed");
	g_assert_cmpint(json_integer_value(json_object_get(json, "distinct")), ==, 16);
	g_assert_cmpint(json_integer_value(json_object_get(first, "seed")), ==, 17);
	g_assert_cmpstr(json_string_value(json_object_get(first, "verified")), ==, "out/runs/1");
}

static void test_points(void)
{
	FlExploreText explored = {.kernel = "k",
				  .cpus = 4,
				  .done = 2,
				  .depth = 3,
				  .hits = 64,
				  .yield_points = 23,
				  .schedules = 16384,
				  .yields_taken = 49000};
	g_autofree char *text = fl_explore_text(&explored);
	g_autoptr(json_t) json = fl_explore_text_json(&explored);
	const json_t *strategy = json_object_get(json, "strategy");

	g_assert_nonnull(strstr(text, "\nstrategy: points, depth 3, k = 64: at 23 places "));
	g_assert_nonnull(strstr(text, "\n16384 such schedules were run, with 49000 yields.\n"));
	g_assert_nonnull(strstr(text, " 1/(4*64^2) = 6.1e-05 or more, all of\nthem 0.63: "));
	g_assert_null(strstr(text, "No bound"));
	g_assert_cmpint(json_integer_value(json_object_get(strategy, "depth")), ==, 3);
	g_assert_cmpfloat_with_epsilon(json_real_value(json_object_get(strategy, "chance")), 0.632,
				       0.001);
}

static void test_others(void)
{
	FlExploreText explored = {.kernel = "k", .cpus = 1, .done = 2, .distinct = 2, .untold = 1};
	g_autofree char *passed = fl_explore_text(&explored);
	g_autofree char *nothing = NULL;

	g_assert_nonnull(strstr(passed, "\nPASS: none of 2 seeds failed\n"));
	g_assert_nonnull(strstr(passed, ", 1 more seeds told nothing\n"));
	explored.done = 0;
	nothing = fl_explore_text(&explored);
	g_assert_nonnull(strstr(nothing, "\nBROKEN: no seed could be told\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/explore_text/failed", test_failed);
	g_test_add_func("/explore_text/points", test_points);
	g_test_add_func("/explore_text/passed-and-nothing", test_others);
	return g_test_run();
}
