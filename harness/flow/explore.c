// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal of an exploration: a line of JSON for each seed, in the order in which they ended, so
 * that the last one costs what the first did. What is found out later about a seed is one more line,
 * which replaces the older one:
 *
 *     {"seed": 7, "verdict": "PASS", "console_sha256": "...", "outcome_sha256": "...", "seconds": 3.1}
 *     {"seed": 8, "verdict": "FAIL", "console_sha256": "...", "outcome_sha256": "...", "seconds": 2.9,
 *      "yield_points": 64, "schedules": 145, "yields_taken": 437,
 *      "reason": "...", "test": "...", "signature": "...", "evidence": "...", "smallest": "...", "verified": "..."}
 *
 * The second line is broken here only. A line that a kill cut short was not told: its seed is run again.
 */
#include "flow/explore.h"

#include "base/hash.h"
#include "base/json.h"
#include "plan/yields.h"
#include "report/result.h"

#include <fl_wire.h>

/* How often a seed whose guest told nothing is run in one sitting. */
#define ATTEMPTS 2u

struct FlExplore {
	char *path;
	uint64_t first, last;
	GPtrArray *seeds;   /* of FlExploreSeed: each seed once, in the order of the journal */
	GHashTable *index;  /* seed (of the FlExploreSeed) to FlExploreSeed */
	GHashTable *broken; /* seed (own copy) to attempts of this sitting */
};

void fl_explore_seed_free(FlExploreSeed *seed)
{
	if (!seed)
		return;
	g_free(seed->reason);
	g_free(seed->console_sha256);
	g_free(seed->outcome_sha256);
	g_free(seed->test);
	g_free(seed->signature);
	g_free(seed->evidence);
	g_free(seed->smallest);
	g_free(seed->verified);
	g_free(seed);
}

/* ---- the journal ---- */

static void set_string(json_t *entry, const char *key, const char *value)
{
	if (value)
		json_object_set_new(entry, key, fl_json_string(value));
}

static void set_yields(json_t *entry, const FlExploreSeed *seed)
{
	if (!seed->yield_points)
		return;
	json_object_set_new(entry, FL_WIRE_METRIC_YIELD_POINTS, json_integer(seed->yield_points));
	json_object_set_new(entry, "schedules", json_integer((json_int_t)seed->schedules));
	json_object_set_new(entry, FL_WIRE_METRIC_YIELDS_TAKEN,
			    json_integer((json_int_t)seed->yields_taken));
}

static uint64_t count_in(const json_t *entry, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(entry, key));

	return count > 0 ? (uint64_t)count : 0;
}

static json_t *entry_of(const FlExploreSeed *seed)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "seed", json_integer((json_int_t)seed->seed));
	set_string(entry, "verdict", fl_verdict_name(seed->kind));
	json_object_set_new(entry, "seconds", json_real(seed->seconds));
	set_string(entry, "reason", seed->reason);
	set_string(entry, "console_sha256", seed->console_sha256);
	set_string(entry, "outcome_sha256", seed->outcome_sha256);
	set_string(entry, "test", seed->test);
	set_string(entry, "signature", seed->signature);
	set_string(entry, "evidence", seed->evidence);
	set_string(entry, "smallest", seed->smallest);
	set_string(entry, "verified", seed->verified);
	set_yields(entry, seed);
	return entry;
}

/* NULL for an entry that is none: its seed is run again. */
static FlExploreSeed *seed_from(const json_t *entry)
{
	const json_t *number = json_object_get(entry, "seed");
	const char *verdict = json_string_value(json_object_get(entry, "verdict"));
	FlVerdictKind kind;
	FlExploreSeed *seed;

	if (!json_is_integer(number) || json_integer_value(number) < 0 || !verdict ||
	    !fl_verdict_parse(verdict, &kind))
		return NULL;
	seed = g_new0(FlExploreSeed, 1);
	seed->seed = (uint64_t)json_integer_value(number);
	seed->kind = kind;
	seed->seconds = json_number_value(json_object_get(entry, "seconds"));
	seed->reason = fl_json_get_string(entry, "reason");
	seed->console_sha256 = fl_json_get_string(entry, "console_sha256");
	seed->outcome_sha256 = fl_json_get_string(entry, "outcome_sha256");
	seed->test = fl_json_get_string(entry, "test");
	seed->signature = fl_json_get_string(entry, "signature");
	seed->evidence = fl_json_get_string(entry, "evidence");
	seed->smallest = fl_json_get_string(entry, "smallest");
	seed->verified = fl_json_get_string(entry, "verified");
	seed->yield_points = (unsigned)count_in(entry, FL_WIRE_METRIC_YIELD_POINTS);
	seed->schedules = count_in(entry, "schedules");
	seed->yields_taken = count_in(entry, FL_WIRE_METRIC_YIELDS_TAKEN);
	return seed;
}

static void take(FlExplore *explore, FlExploreSeed *seed)
{
	FlExploreSeed *before = g_hash_table_lookup(explore->index, &seed->seed);

	if (before) {
		g_hash_table_remove(explore->index, &seed->seed);
		g_ptr_array_remove(explore->seeds, before);
	}
	g_ptr_array_add(explore->seeds, seed);
	g_hash_table_insert(explore->index, &seed->seed, seed);
}

static bool save(const FlExplore *explore, const FlExploreSeed *seed, GError **error)
{
	g_autoptr(json_t) entry = entry_of(seed);

	return fl_json_append(explore->path, entry, error);
}

FlExplore *fl_explore_new(const char *journal, uint64_t first, uint64_t last, GError **error)
{
	g_autoptr(FlExplore) explore = g_new0(FlExplore, 1);
	g_autoptr(json_t) entries = NULL;
	const json_t *entry;
	size_t i;

	explore->path = g_strdup(journal);
	explore->first = first;
	explore->last = last;
	explore->seeds = g_ptr_array_new_with_free_func((GDestroyNotify)fl_explore_seed_free);
	explore->index = g_hash_table_new(g_int64_hash, g_int64_equal);
	explore->broken = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	if (!g_file_test(journal, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&explore);
	entries = fl_json_lines(journal, error);
	if (!entries)
		return NULL;
	json_array_foreach(entries, i, entry) {
		FlExploreSeed *seed = seed_from(entry);

		if (seed)
			take(explore, seed);
	}
	return g_steal_pointer(&explore);
}

void fl_explore_free(FlExplore *explore)
{
	if (!explore)
		return;
	g_clear_pointer(&explore->index, g_hash_table_unref);
	g_clear_pointer(&explore->broken, g_hash_table_unref);
	g_clear_pointer(&explore->seeds, g_ptr_array_unref);
	g_free(explore->path);
	g_free(explore);
}

/* ---- what is known ---- */

bool fl_explore_note(FlExplore *explore, FlExploreSeed *seed, GError **error)
{
	if (seed->kind == FL_VERDICT_BROKEN) {
		gpointer n = g_hash_table_lookup(explore->broken, &seed->seed);

		g_hash_table_insert(explore->broken, g_memdup2(&seed->seed, sizeof(seed->seed)),
				    GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
	}
	take(explore, seed);
	return save(explore, seed, error);
}

bool fl_explore_note_smallest(FlExplore *explore, uint64_t seed, const char *command,
			      const char *verified, GError **error)
{
	FlExploreSeed *noted = g_hash_table_lookup(explore->index, &seed);

	g_return_val_if_fail(noted, false);
	g_free(noted->smallest);
	g_free(noted->verified);
	noted->smallest = g_strdup(command);
	noted->verified = g_strdup(verified);
	return save(explore, noted, error);
}

static bool is_told(const FlExploreSeed *seed)
{
	return seed && seed->kind != FL_VERDICT_BROKEN;
}

static bool is_due(const FlExplore *explore, uint64_t number)
{
	gpointer attempts = g_hash_table_lookup(explore->broken, &number);

	return !is_told(g_hash_table_lookup(explore->index, &number)) &&
	       GPOINTER_TO_UINT(attempts) < ATTEMPTS;
}

bool fl_explore_next(const FlExplore *explore, unsigned max, uint64_t *ret_first, unsigned *ret_n)
{
	uint64_t number = explore->first;
	unsigned n = 0;

	while (number <= explore->last && !is_due(explore, number))
		number++;
	while (n < max && number + n <= explore->last && is_due(explore, number + n))
		n++;
	*ret_first = number;
	*ret_n = n;
	return n > 0;
}

static bool is_asked_for(const FlExplore *explore, const FlExploreSeed *seed)
{
	return seed->seed >= explore->first && seed->seed <= explore->last;
}

static bool is_failure(const FlExploreSeed *seed)
{
	return seed->kind > FL_VERDICT_BROKEN;
}

FlExploreCounts fl_explore_counts(const FlExplore *explore)
{
	g_autoptr(GHashTable) outcomes = g_hash_table_new(g_str_hash, g_str_equal);
	FlExploreCounts counts = {0};
	double seconds = 0;

	for (guint i = 0; i < explore->seeds->len; i++) {
		const FlExploreSeed *seed = g_ptr_array_index(explore->seeds, i);

		if (!is_asked_for(explore, seed))
			continue;
		if (!is_told(seed)) {
			counts.untold++;
			continue;
		}
		counts.done++;
		counts.failed += is_failure(seed);
		seconds += seed->seconds;
		counts.yield_points = MAX(counts.yield_points, seed->yield_points);
		counts.schedules += seed->schedules;
		counts.yields_taken += seed->yields_taken;
		if (seed->outcome_sha256)
			g_hash_table_add(outcomes, seed->outcome_sha256);
	}
	counts.distinct = g_hash_table_size(outcomes);
	counts.mean_s = counts.done ? seconds / counts.done : 0;
	return counts;
}

static gint by_seed(gconstpointer a, gconstpointer b)
{
	const FlExploreSeed *one = *(const FlExploreSeed *const *)a;
	const FlExploreSeed *two = *(const FlExploreSeed *const *)b;

	return (one->seed > two->seed) - (one->seed < two->seed);
}

GPtrArray *fl_explore_failures(const FlExplore *explore)
{
	GPtrArray *failures = g_ptr_array_new();

	for (guint i = 0; i < explore->seeds->len; i++) {
		FlExploreSeed *seed = g_ptr_array_index(explore->seeds, i);

		if (is_asked_for(explore, seed) && is_failure(seed))
			g_ptr_array_add(failures, seed);
	}
	g_ptr_array_sort(failures, by_seed);
	return failures;
}

bool fl_explore_refers_to(const FlExplore *explore, const char *folder)
{
	g_autofree char *below = g_strconcat(folder, "/", NULL);

	for (guint i = 0; i < explore->seeds->len; i++) {
		const FlExploreSeed *seed = g_ptr_array_index(explore->seeds, i);

		if (seed->evidence && g_str_has_prefix(seed->evidence, below))
			return true;
	}
	return false;
}

/* ---- what a guest showed ---- */

static char *failing_test(const FlVerdict *verdict)
{
	for (guint i = 0; i < verdict->tests->len; i++) {
		const FlTestResult *test = g_ptr_array_index(verdict->tests, i);

		if (test->kind > FL_VERDICT_BROKEN)
			return g_strdup(test->name);
	}
	return NULL;
}

/* A splat with a cut title would be another one the next time. */
static const FlSplat *telling_splat(const FlVerdict *verdict)
{
	for (guint i = 0; i < verdict->splats->len; i++) {
		const FlSplat *splat = g_ptr_array_index(verdict->splats, i);

		if (splat->verdict > FL_VERDICT_BROKEN && !splat->corrupted)
			return splat;
	}
	return NULL;
}

/* Two guests of the same programs that differ in any time or figure had different interleavings. */
static char *outcome_of(const FlGuestRecord *guest)
{
	g_autoptr(json_t) outcome = json_array();

	json_array_append_new(outcome, fl_json_string_or_null(guest->console_sha256));
	for (guint i = 0; i < guest->verdict->tests->len; i++)
		json_array_append_new(outcome,
				      fl_result_test(g_ptr_array_index(guest->verdict->tests, i)));
	return fl_hash_json(outcome);
}

static void add_yields(FlExploreSeed *seed, const FlTestResult *test)
{
	for (guint i = 0; i < test->metrics->len; i++) {
		const FlMetric *metric = g_ptr_array_index(test->metrics, i);
		uint64_t value = metric->value > 0 ? (uint64_t)metric->value : 0;

		if (g_str_equal(metric->name, FL_WIRE_METRIC_YIELD_POINTS))
			seed->yield_points = MAX(seed->yield_points, (unsigned)value);
		else if (g_str_equal(metric->name, FL_WIRE_METRIC_YIELD_HITS))
			seed->schedules += value / FL_YIELDS_HITS;
		else if (g_str_equal(metric->name, FL_WIRE_METRIC_YIELDS_TAKEN))
			seed->yields_taken += value;
	}
}

FlExploreSeed *fl_explore_seed_of(const FlGuestRecord *guest)
{
	FlExploreSeed *seed = g_new0(FlExploreSeed, 1);
	const FlVerdict *verdict = guest->verdict;
	const FlSplat *splat;

	seed->seed = guest->seed;
	seed->kind = verdict->kind == FL_VERDICT_SKIP ? FL_VERDICT_BROKEN : verdict->kind;
	seed->console_sha256 = g_strdup(guest->console_sha256);
	seed->outcome_sha256 = outcome_of(guest);
	seed->seconds = guest->total_ms / 1000;
	for (guint i = 0; i < verdict->tests->len; i++)
		add_yields(seed, g_ptr_array_index(verdict->tests, i));
	if (seed->kind == FL_VERDICT_PASS)
		return seed;
	seed->reason = g_strdup(verdict->reason);
	seed->test = failing_test(verdict);
	splat = telling_splat(verdict);
	if (splat) {
		seed->signature = g_strdup(splat->signature);
		if (!seed->test)
			seed->test = g_strdup(splat->during);
	}
	return seed;
}
