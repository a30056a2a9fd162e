// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/explore: nothing that was told is run again, also after a kill, and what a seed
 * showed is what the journal says.
 */
#include "flow/explore.h"

#include "base/fs.h"
#include "tests/record-fixture.h"

#include <string.h>

typedef struct {
	char *dir, *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->dir = g_dir_make_tmp("explore-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->dir, "journal.jsonl", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	g_assert_true(fl_fs_remove(fixture->dir, NULL));
	g_free(fixture->dir);
	g_free(fixture->path);
}

static FlExplore *open_journal(const Fixture *fixture, uint64_t first, uint64_t last)
{
	g_autoptr(GError) error = NULL;
	FlExplore *explore = fl_explore_new(fixture->path, first, last, &error);

	g_assert_no_error(error);
	return explore;
}

static void note(FlExplore *explore, uint64_t number, FlVerdictKind kind, const char *outcome)
{
	FlExploreSeed *seed = g_new0(FlExploreSeed, 1);
	bool noted;

	seed->seed = number;
	seed->kind = kind;
	seed->seconds = 2;
	seed->outcome_sha256 = g_strdup(outcome);
	if (kind != FL_VERDICT_PASS) {
		seed->reason = g_strdup("it \"failed\"");
		seed->test = g_strdup("fork-stores");
		seed->evidence = g_strdup("out/x");
	}
	noted = fl_explore_note(explore, seed, NULL);
	g_assert_true(noted);
}

static void check_next(const FlExplore *explore, unsigned max, uint64_t first, unsigned n)
{
	uint64_t found;
	unsigned found_n;
	bool any = fl_explore_next(explore, max, &found, &found_n);

	g_assert_true(any == (n > 0));
	g_assert_cmpuint(found_n, ==, n);
	if (n)
		g_assert_cmpuint(found, ==, first);
}

static void test_next(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FlExplore) explore = open_journal(fixture, 3, 9);

	(void)data;
	check_next(explore, 4, 3, 4);
	check_next(explore, 0, 3, 0);
	note(explore, 3, FL_VERDICT_PASS, "a");
	note(explore, 5, FL_VERDICT_PASS, "b");
	/* Two guests at a time end in any order: a hole is filled, and only the hole. */
	check_next(explore, 4, 4, 1);
	note(explore, 4, FL_VERDICT_PASS, "c");
	check_next(explore, 100, 6, 4);
	for (uint64_t seed = 6; seed <= 9; seed++)
		note(explore, seed, FL_VERDICT_PASS, "d");
	check_next(explore, 4, 0, 0);
}

static void test_resumed(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FlExplore) first = open_journal(fixture, 1, 4);
	g_autoptr(FlExplore) second = NULL;
	g_autoptr(FlExplore) wider = NULL;
	g_autoptr(GPtrArray) failures = NULL;
	FlExploreCounts counts;
	const FlExploreSeed *failure;

	(void)data;
	note(first, 1, FL_VERDICT_PASS, "a");
	note(first, 2, FL_VERDICT_CRASH, "b");
	note(first, 3, FL_VERDICT_PASS, "a");
	g_assert_true(fl_explore_note_smallest(first, 2, "faultline run", "out/y", NULL));
	second = open_journal(fixture, 1, 4);
	check_next(second, 4, 4, 1);
	counts = fl_explore_counts(second);
	g_assert_cmpuint(counts.done, ==, 3);
	g_assert_cmpuint(counts.distinct, ==, 2);
	g_assert_cmpuint(counts.failed, ==, 1);
	g_assert_cmpfloat(counts.mean_s, ==, 2);
	failures = fl_explore_failures(second);
	g_assert_cmpuint(failures->len, ==, 1);
	failure = g_ptr_array_index(failures, 0);
	g_assert_cmpuint(failure->seed, ==, 2);
	g_assert_cmpint(failure->kind, ==, FL_VERDICT_CRASH);
	g_assert_cmpstr(failure->reason, ==, "it \"failed\"");
	g_assert_cmpstr(failure->test, ==, "fork-stores");
	g_assert_cmpstr(failure->evidence, ==, "out/x");
	g_assert_cmpstr(failure->smallest, ==, "faultline run");
	g_assert_cmpstr(failure->verified, ==, "out/y");
	g_assert_true(fl_explore_refers_to(second, "out"));
	g_assert_false(fl_explore_refers_to(second, "ou"));
	/* Other seeds of the same question: what is known counts only where it was asked for. */
	wider = open_journal(fixture, 3, 6);
	counts = fl_explore_counts(wider);
	g_assert_cmpuint(counts.done, ==, 1);
	g_assert_cmpuint(counts.failed, ==, 0);
	check_next(wider, 9, 4, 3);
}

static void test_broken(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FlExplore) explore = open_journal(fixture, 1, 1);
	g_autoptr(FlExplore) later = NULL;

	(void)data;
	note(explore, 1, FL_VERDICT_BROKEN, "a");
	check_next(explore, 4, 1, 1);
	note(explore, 1, FL_VERDICT_BROKEN, "a");
	check_next(explore, 4, 0, 0);
	g_assert_cmpuint(fl_explore_counts(explore).untold, ==, 1);
	g_assert_cmpuint(fl_explore_counts(explore).done, ==, 0);
	later = open_journal(fixture, 1, 1);
	check_next(later, 4, 1, 1);
	note(later, 1, FL_VERDICT_PASS, "a");
	g_assert_cmpuint(fl_explore_counts(later).untold, ==, 0);
	g_assert_cmpuint(fl_explore_counts(later).done, ==, 1);
}

static void test_damaged(Fixture *fixture, gconstpointer data)
{
	static const char bad[] = "{\"seed\": 1}\n{\"seed\": 1\n",
			  odd[] = "[7]\n{\"seed\": -1, \"verdict\": \"PASS\"}\n"
				  "{\"seed\": 2}\n{\"seed\": 1, \"verdict\": \"PASS\"}\n";
	g_autofree char *place = g_strconcat(fixture->path, ":2:", NULL);
	g_autoptr(FlExplore) explore = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(fl_fs_write(fixture->path, bad, strlen(bad), NULL));
	g_assert_null(fl_explore_new(fixture->path, 1, 2, &error));
	g_assert_nonnull(strstr(error->message, place));
	g_assert_true(fl_fs_write(fixture->path, odd, strlen(odd), NULL));
	explore = open_journal(fixture, 1, 2);
	check_next(explore, 4, 2, 1);
}

/* Bytes that this process has given to write(2); 0: this kernel does not count them. */
static uint64_t written(void)
{
	g_autofree char *text = NULL;
	const char *count;

	if (!g_file_get_contents("/proc/self/io", &text, NULL, NULL))
		return 0;
	count = strstr(text, "wchar: ");
	return count ? g_ascii_strtoull(count + strlen("wchar: "), NULL, 10) : 0;
}

static uint64_t cost_of(FlExplore *explore, uint64_t number)
{
	uint64_t before = written();

	note(explore, number, FL_VERDICT_CRASH, "a");
	return written() - before;
}

static void test_cost(Fixture *fixture, gconstpointer data)
{
	enum { FIRST = 10000, N = 5000 };
	g_autoptr(FlExplore) explore = open_journal(fixture, FIRST, FIRST + N);
	uint64_t first;

	(void)data;
	if (!written()) {
		g_test_skip("/proc/self/io is not there");
		return;
	}
	first = cost_of(explore, FIRST);
	g_assert_cmpuint(first, >, 0);
	for (uint64_t number = FIRST + 1; number < FIRST + N; number++)
		g_assert_cmpuint(cost_of(explore, number), ==, first);
	g_clear_pointer(&explore, fl_explore_free);
	explore = open_journal(fixture, FIRST, FIRST + N);
	g_assert_cmpuint(fl_explore_counts(explore).failed, ==, N);
	g_assert_cmpuint(cost_of(explore, FIRST + N), ==, first);
}

static unsigned n_lines(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* As a kill may leave it: what stands in whole lines is known, and what is noted then as well. */
static void check_cut(const Fixture *fixture, const char *text, size_t len)
{
	unsigned known = n_lines(text, len);
	g_autoptr(FlExplore) explore = NULL;

	g_assert_true(fl_fs_write(fixture->path, text, len, NULL));
	explore = open_journal(fixture, 1, 5);
	g_assert_cmpuint(fl_explore_counts(explore).done, ==, known);
	check_next(explore, 1, known + 1, 1);
	note(explore, known + 1, FL_VERDICT_PASS, "z");
	g_clear_pointer(&explore, fl_explore_free);
	explore = open_journal(fixture, 1, 5);
	g_assert_cmpuint(fl_explore_counts(explore).done, ==, known + 1);
	check_next(explore, 5, known + 2, 4 - known);
}

static void test_cut(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FlExplore) explore = open_journal(fixture, 1, 5);
	g_autofree char *text = NULL;
	size_t len;

	(void)data;
	note(explore, 1, FL_VERDICT_PASS, "a");
	note(explore, 2, FL_VERDICT_CRASH, "b");
	note(explore, 3, FL_VERDICT_PASS, "c");
	note(explore, 4, FL_VERDICT_HANG, "d");
	g_assert_true(fl_fs_read(fixture->path, &text, &len, NULL));
	g_assert_cmpuint(n_lines(text, len), ==, 4);
	for (size_t cut = 0; cut <= len; cut++)
		check_cut(fixture, text, cut);
}

/* What a guest's tests tell of yields is in the journal, summed over those who were asked for. */
static void test_yields(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FlExplore) explore = open_journal(fixture, 1, 2);
	g_autoptr(FlExplore) later = NULL;
	FlExploreCounts counts;

	(void)data;
	for (uint64_t number = 1; number <= 3; number++) {
		FlExploreSeed *seed = g_new0(FlExploreSeed, 1);

		seed->seed = number;
		seed->kind = FL_VERDICT_PASS;
		seed->yield_points = 20 + (unsigned)number;
		seed->schedules = 15;
		seed->yields_taken = 40;
		g_assert_true(fl_explore_note(explore, seed, NULL));
	}
	later = open_journal(fixture, 1, 2);
	counts = fl_explore_counts(later);
	g_assert_cmpuint(counts.yield_points, ==, 22);
	g_assert_cmpuint(counts.schedules, ==, 30);
	g_assert_cmpuint(counts.yields_taken, ==, 80);
}

static void add_metric(FlTestResult *test, const char *name, double value)
{
	FlMetric *metric = g_new0(FlMetric, 1);

	metric->name = g_strdup(name);
	metric->value = value;
	g_ptr_array_add(test->metrics, metric);
}

static void test_yields_of(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	const FlGuestRecord *guest = g_ptr_array_index(record->guests, 1);
	FlExploreSeed *seed;

	for (guint i = 0; i < guest->verdict->tests->len; i++) {
		add_metric(guest->verdict->tests->pdata[i], "yield_points", 5);
		add_metric(guest->verdict->tests->pdata[i], "yield_hits", 200);
		add_metric(guest->verdict->tests->pdata[i], "yields_taken", 7);
	}
	seed = fl_explore_seed_of(guest);
	g_assert_cmpuint(seed->yield_points, ==, 5);
	g_assert_cmpuint(seed->schedules, ==, 3 * guest->verdict->tests->len);
	g_assert_cmpuint(seed->yields_taken, ==, 7 * guest->verdict->tests->len);
	fl_explore_seed_free(seed);
}

static void test_seed_of(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	FlGuestRecord *bad = g_ptr_array_index(record->guests, 1);
	FlExploreSeed *seed;

	bad->seed = 77;
	seed = fl_explore_seed_of(bad);
	g_assert_cmpuint(seed->seed, ==, 77);
	g_assert_cmpint(seed->kind, ==, FL_VERDICT_HANG);
	g_assert_cmpstr(seed->reason, ==, bad->verdict->reason);
	g_assert_cmpstr(seed->signature, ==,
			((FlSplat *)g_ptr_array_index(bad->verdict->splats, 0))->signature);
	fl_explore_seed_free(seed);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add("/explore/next", Fixture, NULL, set_up, test_next, tear_down);
	g_test_add("/explore/resumed", Fixture, NULL, set_up, test_resumed, tear_down);
	g_test_add("/explore/broken-is-run-again", Fixture, NULL, set_up, test_broken, tear_down);
	g_test_add("/explore/damaged", Fixture, NULL, set_up, test_damaged, tear_down);
	g_test_add("/explore/every-seed-costs-the-same", Fixture, NULL, set_up, test_cost,
		   tear_down);
	g_test_add("/explore/cut-at-any-byte", Fixture, NULL, set_up, test_cut, tear_down);
	g_test_add("/explore/yields", Fixture, NULL, set_up, test_yields, tear_down);
	g_test_add_func("/explore/yields-of-a-guest", test_yields_of);
	g_test_add_func("/explore/seed-of-a-guest", test_seed_of);
	return g_test_run();
}
