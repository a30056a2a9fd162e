// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/bisect: hands that only pretend to build and run, a walk that may be cut off
 * anywhere and goes on where it was, kernels that are the same run once.
 */
#include "flow/bisect.h"

#include "base/fs.h"
#include "base/json.h"

#include <string.h>

#define N 12u

typedef struct {
	char *dir, *journal;
	GPtrArray *candidates;
	unsigned culprit, builds, runs, calls_left; /* calls until the power fails */
	bool same[N];				    /* has the kernel of the one before */
	bool broken[N];				    /* does not build */
	bool unrelated[N];			    /* ends for another reason */
	bool foreseen[N];			    /* was said to be wanted next */
	bool flaky;				    /* shows only in deterministic guests */
	unsigned deterministic_runs;
	unsigned surprises; /* builds that nobody had foreseen */
} Fixture;

static bool power_fails(Fixture *fixture, GError **error)
{
	if (fixture->calls_left-- > 0)
		return false;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "power");
	return true;
}

static bool fake_build(unsigned i, FlBisectBuild *ret_build, gpointer data, GError **error)
{
	Fixture *fixture = data;

	if (power_fails(fixture, error))
		return false;
	fixture->builds++;
	fixture->surprises += !fixture->foreseen[i];
	if (fixture->broken[i]) {
		ret_build->reason = g_strdup("does not compile");
		return true;
	}
	while (fixture->same[i])
		i--;
	ret_build->image = g_strdup_printf("image-%u", i);
	ret_build->seconds = 30;
	return true;
}

/* Every run shows a steady fault; a flaky one only deterministic guests, and of those every other. */
static FlBisectSeen seen_of(const Fixture *fixture, unsigned i, FlBisectWay way, unsigned nth)
{
	bool shows = !fixture->flaky || (way == FL_BISECT_WAY_DETERMINISTIC && nth % 2);

	if (fixture->unrelated[i])
		return FL_BISECT_CANNOT_TELL;
	return shows && i >= fixture->culprit ? FL_BISECT_FAIL : FL_BISECT_PASS;
}

static bool fake_run(unsigned i, FlBisectWay way, unsigned nth, FlBisectTrial *ret_trial,
		     gpointer data, GError **error)
{
	Fixture *fixture = data;

	if (power_fails(fixture, error))
		return false;
	fixture->runs++;
	fixture->deterministic_runs += way == FL_BISECT_WAY_DETERMINISTIC;
	ret_trial->seen = seen_of(fixture, i, way, nth);
	ret_trial->evidence = g_strdup_printf("runs/%u-%u", i, nth);
	ret_trial->reason = g_strdup("because");
	ret_trial->seconds = 10;
	return true;
}

static void fake_ahead(const unsigned *candidates, size_t n, gpointer data)
{
	Fixture *fixture = data;

	for (size_t i = 0; i < n; i++)
		fixture->foreseen[candidates[i]] = true;
}

static void setup(Fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->dir = fl_fs_temp_dir(g_get_tmp_dir(), "bisect", NULL);
	fixture->journal = g_build_filename(fixture->dir, "journal.json", NULL);
	fixture->candidates =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_bisect_candidate_free);
	for (unsigned i = 0; i < N; i++) {
		g_autofree char *id = g_strdup_printf("commit-%u", i);

		g_ptr_array_add(fixture->candidates, fl_bisect_candidate_new(id, "subject"));
	}
	fixture->culprit = 7;
	fixture->calls_left = 1000;
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	(void)data;
	g_assert_true(fl_fs_remove(fixture->dir, NULL));
	g_free(fixture->dir);
	g_free(fixture->journal);
	g_ptr_array_unref(fixture->candidates);
}

static bool bisect(Fixture *fixture, FlBisectResult *result, GError **error)
{
	FlBisectRules rules = fl_bisect_engine_rules(0.95, 0, 200);
	FlBisectHands hands = {
		.build = fake_build, .run = fake_run, .ahead = fake_ahead, .data = fixture};

	return fl_bisect(fixture->candidates, &rules, &hands, fixture->journal, result, error);
}

static void check_found(const FlBisectResult *result, unsigned wanted)
{
	g_assert_cmpint(result->end.what, ==, FL_BISECT_FOUND);
	g_assert_cmpuint(result->culprits->len, ==, 1);
	g_assert_cmpuint(g_array_index(result->culprits, unsigned, 0), ==, wanted);
	g_assert_cmpfloat(result->end.confidence, >=, 0.95);
}

static void test_found(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(bisect(fixture, &result, &error));
	check_found(&result, 7);
	g_assert_true(g_str_has_prefix(result.first_bad, "runs/7-"));
	g_assert_true(g_str_has_prefix(result.last_good, "runs/6-"));
	g_assert_cmpuint(result.builds, ==, fixture->builds);
	g_assert_cmpuint(result.builds, <=, 6);
	g_assert_cmpuint(result.runs, ==, fixture->runs);
}

/* But for the first, before which there is no run. */
static void test_foreseen(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};

	(void)data;
	g_assert_true(bisect(fixture, &result, NULL));
	check_found(&result, 7);
	g_assert_cmpuint(fixture->surprises, ==, 1);
}

/* Guests of a steady fault are run as they were asked for, of a flaky one as those that show it. */
static void test_steady(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};

	(void)data;
	g_assert_true(bisect(fixture, &result, NULL));
	check_found(&result, 7);
	g_assert_false(result.deterministic);
	g_assert_cmpuint(fixture->deterministic_runs, ==, 0);
}

static void test_flaky(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};

	(void)data;
	fixture->flaky = true;
	g_assert_true(bisect(fixture, &result, NULL));
	check_found(&result, 7);
	g_assert_true(result.deterministic);
	g_assert_cmpuint(fixture->deterministic_runs, ==, fixture->runs - 2);
}

/* Killed after each of its steps in turn, it comes to the same end with not one step twice. */
static void test_resumed(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};
	unsigned sittings = 0;

	(void)data;
	do {
		g_autoptr(GError) error = NULL;

		fixture->calls_left = 1;
		sittings++;
		if (bisect(fixture, &result, &error))
			break;
		g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
	} while (sittings < 100);
	check_found(&result, 7);
	g_assert_cmpuint(sittings, ==, fixture->builds + fixture->runs);
	g_assert_cmpuint(result.runs, ==, fixture->runs);
}

static void test_resumed_flaky(Fixture *fixture, gconstpointer data)
{
	fixture->flaky = true;
	test_resumed(fixture, data);
}

static void test_obstacles(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};
	g_autoptr(GError) error = NULL;

	(void)data;
	fixture->broken[5] = fixture->unrelated[4] = fixture->same[8] = fixture->same[9] = true;
	g_assert_true(bisect(fixture, &result, &error));
	check_found(&result, 7);
}

/* The commit before the failing one changes nothing: it cannot be blamed, whatever is run. */
static void test_no_change(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};
	g_autoptr(GError) error = NULL;
	unsigned before;

	(void)data;
	for (unsigned i = 1; i < N; i++)
		fixture->same[i] = i != 7;
	g_assert_true(bisect(fixture, &result, &error));
	check_found(&result, 7);
	/* The good side is known by a commit with the same kernel. */
	g_assert_nonnull(result.last_good);
	before = fixture->builds + fixture->runs;
	fl_bisect_result_clear(&result);
	memset(&result, 0, sizeof(result));
	g_assert_true(bisect(fixture, &result, &error));
	g_assert_cmpuint(fixture->builds + fixture->runs, ==, before);
}

static void test_bad_journal(Fixture *fixture, gconstpointer data)
{
	g_auto(FlBisectResult) result = {0};
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(fl_fs_write(fixture->journal, "[{", 2, NULL));
	g_assert_false(bisect(fixture, &result, &error));
	g_assert_nonnull(strstr(error->message, "journal.json:1"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
#define TEST(path, fn) g_test_add(path, Fixture, NULL, setup, fn, teardown)
	TEST("/bisect/finds", test_found);
	TEST("/bisect/each-build-was-foreseen", test_foreseen);
	TEST("/bisect/goes-on-after-a-kill", test_resumed);
	TEST("/bisect/steady-as-asked-for", test_steady);
	TEST("/bisect/flaky-in-deterministic-guests", test_flaky);
	TEST("/bisect/flaky-goes-on-after-a-kill", test_resumed_flaky);
	TEST("/bisect/broken-and-unrelated", test_obstacles);
	TEST("/bisect/what-changes-nothing-is-innocent", test_no_change);
	TEST("/bisect/a-damaged-journal-is-named", test_bad_journal);
	return g_test_run();
}
