// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/compare_text: the verdict names the worst thing and both sides, what is chance
 * is not called a difference, and what a guest sent cannot move the cursor.
 */
#include "tests/record-fixture.h"

#include "report/compare_text.h"

#include <string.h>

static const char command[] = "faultline compare base patched --seed 1";

typedef struct {
	FlCompare *compare;
	GPtrArray *verdicts, *evidence, *rows;
	FlCompareText text;
	char *words;
	json_t *json;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->compare = fl_compare_new(0.99);
	fixture->verdicts = g_ptr_array_new_with_free_func((GDestroyNotify)fl_verdict_free);
	fixture->evidence = g_ptr_array_new();
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fl_compare_free(fixture->compare);
	g_ptr_array_unref(fixture->verdicts);
	g_ptr_array_unref(fixture->evidence);
	g_clear_pointer(&fixture->rows, g_ptr_array_unref);
	g_free(fixture->words);
	json_decref(fixture->json);
}

static const FlVerdict *guest(Fixture *fixture, FlVerdictKind kind, double faults, bool splat)
{
	FlVerdict *verdict = fl_verdict_new();
	FlTestResult *test = fixture_test("shared-write", kind, "x");

	verdict->kind = splat ? FL_VERDICT_FAIL : kind;
	fixture_metric(test, "vma_lock_success", faults, true);
	fixture_metric(test, "faults", 4096, true);
	g_ptr_array_add(verdict->tests, test);
	if (splat)
		g_ptr_array_add(verdict->splats, fixture_splat());
	g_ptr_array_add(fixture->verdicts, verdict);
	return verdict;
}

static void add_pair(Fixture *fixture, const FlVerdict *a, const FlVerdict *b)
{
	fl_compare_add(fixture->compare, a, b);
	g_ptr_array_add(fixture->evidence, (gpointer) "out/runs/1");
	g_ptr_array_add(fixture->evidence, (gpointer) "out/runs/2");
}

static void write_out(Fixture *fixture, bool all)
{
	fixture->rows = fl_compare_rows(fixture->compare);
	fixture->text = (FlCompareText){.a = "base",
					.b = "patched",
					.rows = fixture->rows,
					.pairs = fl_compare_pairs(fixture->compare),
					.told = fl_compare_told(fixture->compare),
					.is_clear = true,
					.shares_cpus = fl_compare_shares_cpus(fixture->compare),
					.confidence = 0.99,
					.evidence = fixture->evidence,
					.command = command};
	fixture->words = fl_compare_text(&fixture->text, all);
	fixture->json = fl_compare_text_json(&fixture->text);
	g_test_message("%s", fixture->words);
}

static void has(const Fixture *fixture, const char *line)
{
	g_assert_nonnull(strstr(fixture->words, line));
}

static void test_better(Fixture *fixture, gconstpointer data)
{
	g_autofree char *live = NULL;

	(void)data;
	fl_compare_share_cpus(fixture->compare);
	for (unsigned i = 0; i < 6; i++)
		add_pair(fixture, guest(fixture, FL_VERDICT_FAIL, 0, false),
			 guest(fixture, FL_VERDICT_PASS, 4096, false));
	write_out(fixture, false);
	has(fixture, "from base to patched, 6 pairs of guests; more would not say more\n");
	has(fixture, "tests, by how many fail\n"
		     "  fixed    shared-write                                 "
		     "6 of 6 (61 to 100 %), then 0 of 6 (0 to 39 %)\n");
	has(fixture, "metrics, by their medians\n"
		     "  moved    shared-write vma_lock_success                "
		     "0 -> 4096, times 4097 (4097 to 4097)\n");
	has(fixture, "no difference shown: 0 tests, 1 metrics (--verbose lists them)\n");
	has(fixture, "latencies are told and not judged");
	has(fixture, "PASS: nothing is shown to be worse on patched than on base: 1 tests fixed, 1 "
		     "metrics moved\n"
		     "evidence: out/runs/1 and out/runs/2, the last of 6 pairs\n"
		     "again:    faultline compare base patched --seed 1\n");
	live = fl_compare_text_live(&fixture->text, 10);
	g_assert_cmpstr(live, ==, "pair 6 of at most 10: 1 tests and 1 metrics differ");
}

static void test_worse(Fixture *fixture, gconstpointer data)
{
	const json_t *row;

	(void)data;
	for (unsigned i = 0; i < 6; i++)
		add_pair(fixture, guest(fixture, FL_VERDICT_PASS, 4096, false),
			 guest(fixture, FL_VERDICT_PASS, 4096, true));
	write_out(fixture, true);
	has(fixture, "splats, by how many guests print them\n"
		     "  new      WARNING: bad unlock balance in");
	has(fixture, "  same     shared-write faults                          "
		     "4096 -> 4096, times 1 (1 to 1)\n");
	has(fixture, "FAIL: patched is worse than base: WARNING: bad unlock balance in "
		     "<do_shared_fault> & \"co\" in 6 of 6 guests, before in 0 of 6\n");
	g_assert_true(json_boolean_value(json_object_get(fixture->json, "worse")));
	row = json_array_get(json_object_get(fixture->json, "rows"), 2);
	g_assert_cmpstr(json_string_value(json_object_get(row, "signature")), ==,
			"lockdep:bad-unlock:do_shared_fault");
	g_assert_cmpstr(json_string_value(json_object_get(row, "change")), ==, "new");
	g_assert_cmpint(json_integer_value(json_object_get(row, "b_seen")), ==, 6);
}

static void test_perhaps(Fixture *fixture, gconstpointer data)
{
	(void)data;
	for (unsigned i = 0; i < 6; i++)
		add_pair(fixture, guest(fixture, FL_VERDICT_PASS, 4096, false),
			 guest(fixture, i == 3 ? FL_VERDICT_FAIL : FL_VERDICT_PASS, 4096, false));
	write_out(fixture, false);
	has(fixture, "  unsure   shared-write ");
	has(fixture, "PASS: nothing is shown to be worse on patched than on base: 0 tests fixed, 0 "
		     "metrics moved; 1 differences may be chance, more --repeat would tell\n");
	g_assert_false(json_boolean_value(json_object_get(fixture->json, "worse")));
}

static void test_nothing_told(Fixture *fixture, gconstpointer data)
{
	g_autofree char *live = NULL;

	(void)data;
	add_pair(fixture, NULL, guest(fixture, FL_VERDICT_PASS, 4096, false));
	write_out(fixture, true);
	live = fl_compare_text_live(&fixture->text, 10);
	g_assert_cmpstr(live, ==, "pair 1 of at most 10; nothing is told before 5");
	has(fixture, "BROKEN: in none of 1 pairs did both guests tell\n");
	has(fixture, "no pair told\n");
	g_assert_cmpint(json_integer_value(json_object_get(fixture->json, "told")), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/compare_text/better", Fixture, NULL, set_up, test_better, tear_down);
	g_test_add("/compare_text/worse", Fixture, NULL, set_up, test_worse, tear_down);
	g_test_add("/compare_text/perhaps", Fixture, NULL, set_up, test_perhaps, tear_down);
	g_test_add("/compare_text/nothing-told", Fixture, NULL, set_up, test_nothing_told,
		   tear_down);
	return g_test_run();
}
