// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk and its journal. The journal is a JSON array in the order of what happened; it is
 * written as a whole by one rename after each entry, and telling its entries to a new engine
 * again brings that to the same state:
 *
 *     {"id": "...", "subject": "...", "image": "...", "seconds": 31.5}       built
 *     {"id": "...", "subject": "...", "image": null, "reason": "..."}        does not build
 *     {"id": "...", "subject": "...", "seen": "pass|fail|cannot-tell",
 *      "reason": "...", "evidence": "out/runs/...", "seconds": 9.2}          ran
 *
 * A run that was deterministic because bisect_way.h wanted it has "way": "deterministic" as well. The
 * engine is told of runs in the way that was settled on; of the others only the choice is.
 */
#include "flow/bisect.h"

#include "base/fs.h"
#include "base/json.h"

static const char *const seen_names[] = {[FL_BISECT_PASS] = "pass",
					 [FL_BISECT_FAIL] = "fail",
					 [FL_BISECT_CANNOT_TELL] = "cannot-tell"};

typedef struct {
	const GPtrArray *candidates;
	const FlBisectHands *hands;
	const char *path;
	FlBisectEngine *engine;
	json_t *journal;
	GHashTable *index;  /* id to candidate + 1 */
	GHashTable *images; /* image to candidate + 1 */
	char **image;	    /* of each candidate, NULL: not built */
	unsigned *n_runs;   /* of each candidate, in the way that is settled */
	FlBisectWays ways;
	unsigned runs, builds, timed_builds;
	double run_seconds, build_seconds;
} Walk;

FlBisectCandidate *fl_bisect_candidate_new(const char *id, const char *subject)
{
	FlBisectCandidate *candidate = g_new0(FlBisectCandidate, 1);

	candidate->id = g_strdup(id);
	candidate->subject = g_strdup(subject);
	return candidate;
}

void fl_bisect_candidate_free(FlBisectCandidate *candidate)
{
	if (!candidate)
		return;
	g_free(candidate->id);
	g_free(candidate->subject);
	g_clear_pointer(&candidate->parents, g_array_unref);
	g_free(candidate);
}

void fl_bisect_build_clear(FlBisectBuild *build)
{
	g_free(build->image);
	g_free(build->reason);
}

void fl_bisect_trial_clear(FlBisectTrial *trial)
{
	g_free(trial->reason);
	g_free(trial->evidence);
}

void fl_bisect_result_clear(FlBisectResult *result)
{
	g_clear_pointer(&result->culprits, g_array_unref);
	g_free(result->last_good);
	g_free(result->first_bad);
	g_clear_pointer(&result->journal, json_decref);
}

static void walk_clear(Walk *walk)
{
	fl_bisect_engine_free(walk->engine);
	g_clear_pointer(&walk->journal, json_decref);
	g_clear_pointer(&walk->index, g_hash_table_unref);
	g_clear_pointer(&walk->images, g_hash_table_unref);
	for (guint i = 0; walk->image && i < walk->candidates->len; i++)
		g_free(walk->image[i]);
	g_free(walk->image);
	g_free(walk->n_runs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static const FlBisectCandidate *candidate_at(const Walk *walk, unsigned i)
{
	return g_ptr_array_index(walk->candidates, i);
}

static FlBisectEngine *make_engine(const GPtrArray *candidates, const FlBisectRules *rules)
{
	g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(unsigned));
	g_autoptr(GArray) first = g_array_new(FALSE, FALSE, sizeof(unsigned));
	bool is_line = true;

	for (guint i = 0; i < candidates->len; i++) {
		const GArray *parents = ((FlBisectCandidate *)candidates->pdata[i])->parents;
		unsigned before = i ? i - 1 : 0;

		g_array_append_val(first, edges->len);
		if (parents && i &&
		    !(parents->len == 1 && g_array_index(parents, unsigned, 0) == before))
			is_line = false;
		if (parents && parents->len)
			g_array_append_vals(edges, parents->data, parents->len);
		else if (i)
			g_array_append_val(edges, before);
	}
	g_array_append_val(first, edges->len);
	return fl_bisect_engine_new(
		&(FlBisectGraph){.n = candidates->len,
				 .edges = is_line ? NULL : (unsigned *)(gpointer)edges->data,
				 .first_edge = (unsigned *)(gpointer)first->data},
		rules);
}

static void update_costs(Walk *walk)
{
	if (walk->runs && walk->timed_builds)
		fl_bisect_engine_costs(walk->engine, walk->run_seconds / walk->runs,
				       walk->build_seconds / walk->timed_builds);
}

static void take_build(Walk *walk, unsigned i, const json_t *entry)
{
	const char *image = json_string_value(json_object_get(entry, "image"));
	double seconds = json_number_value(json_object_get(entry, "seconds"));
	unsigned other;

	if (!image) {
		fl_bisect_engine_skip(walk->engine, i);
		return;
	}
	walk->builds++;
	if (seconds > 0) {
		walk->timed_builds++;
		walk->build_seconds += seconds;
	}
	g_free(walk->image[i]);
	walk->image[i] = g_strdup(image);
	fl_bisect_engine_built(walk->engine, i);
	other = GPOINTER_TO_UINT(g_hash_table_lookup(walk->images, image));
	if (other)
		fl_bisect_engine_same(walk->engine, i, other - 1);
	else
		g_hash_table_insert(walk->images, walk->image[i], GUINT_TO_POINTER(i + 1));
}

static unsigned bad_end(const Walk *walk)
{
	return walk->candidates->len - 1;
}

static void observe(Walk *walk, unsigned i, FlBisectSeen seen)
{
	walk->n_runs[i]++;
	fl_bisect_engine_observe(walk->engine, i, seen);
}

/* The engine hears of the runs by which the way was chosen once that is done. */
static void choose_way(Walk *walk, FlBisectSeen seen)
{
	FlBisectWays *ways = &walk->ways;

	fl_bisect_way_tell(ways, seen);
	for (unsigned n = 0; ways->settled && n < ways->n_seen[ways->way]; n++)
		observe(walk, bad_end(walk), ways->seen[ways->way][n]);
}

static FlBisectWay way_of(const json_t *entry)
{
	return json_object_get(entry, "way") ? FL_BISECT_WAY_DETERMINISTIC : FL_BISECT_WAY_ASKED;
}

static bool read_seen(const json_t *entry, FlBisectSeen *ret_seen)
{
	const char *seen = json_string_value(json_object_get(entry, "seen"));

	for (size_t kind = 0; kind < G_N_ELEMENTS(seen_names); kind++) {
		if (g_strcmp0(seen, seen_names[kind]) != 0)
			continue;
		*ret_seen = (FlBisectSeen)kind;
		return true;
	}
	return false;
}

static void take_run(Walk *walk, unsigned i, const json_t *entry)
{
	FlBisectSeen seen;

	walk->runs++;
	walk->run_seconds += json_number_value(json_object_get(entry, "seconds"));
	if (way_of(entry) != walk->ways.way || !read_seen(entry, &seen))
		return;
	if (walk->ways.settled)
		observe(walk, i, seen);
	else if (i == bad_end(walk))
		choose_way(walk, seen);
}

static void take_entry(Walk *walk, const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "id"));
	unsigned i = id ? GPOINTER_TO_UINT(g_hash_table_lookup(walk->index, id)) : 0;

	if (!i)
		return;
	if (json_object_get(entry, "seen"))
		take_run(walk, i - 1, entry);
	else if (json_object_get(entry, "image"))
		take_build(walk, i - 1, entry);
	update_costs(walk);
}

static bool load_journal(Walk *walk, GError **error)
{
	const json_t *entry;
	size_t i;

	if (!g_file_test(walk->path, G_FILE_TEST_EXISTS)) {
		walk->journal = json_array();
		return true;
	}
	walk->journal = fl_json_read(walk->path, error);
	if (!walk->journal)
		return false;
	json_array_foreach(walk->journal, i, entry) {
		take_entry(walk, entry);
	}
	return true;
}

static bool note(Walk *walk, json_t *entry, GError **error)
{
	FlBisectStep next;

	json_array_append_new(walk->journal, entry);
	take_entry(walk, entry);
	if (!fl_json_write(walk->path, walk->journal, error))
		return false;
	next = fl_bisect_engine_next(walk->engine);
	if (walk->hands->told)
		walk->hands->told(entry, &next, walk->hands->data);
	return true;
}

static json_t *entry_of(const Walk *walk, unsigned i)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "id", fl_json_string(candidate_at(walk, i)->id));
	json_object_set_new(entry, "subject", fl_json_string(candidate_at(walk, i)->subject));
	return entry;
}

static void set_reason(json_t *entry, const char *reason)
{
	json_object_set_new(entry, "reason", fl_json_string(reason ? reason : ""));
}

static bool build_candidate(Walk *walk, unsigned i, GError **error)
{
	g_auto(FlBisectBuild) build = {0};
	json_t *entry;

	if (!walk->hands->build(i, &build, walk->hands->data, error))
		return false;
	entry = entry_of(walk, i);
	json_object_set_new(entry, "image",
			    build.image ? fl_json_string(build.image) : json_null());
	json_object_set_new(entry, "seconds", json_real(build.seconds));
	if (build.reason)
		set_reason(entry, build.reason);
	return note(walk, entry, error);
}

/* What comes after a pass and what after a failure: one of them will be wanted. */
static void build_ahead(const Walk *walk, unsigned running)
{
	static const FlBisectSeen outcomes[] = {FL_BISECT_PASS, FL_BISECT_FAIL};
	unsigned wanted[G_N_ELEMENTS(outcomes)];
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		FlBisectStep step = fl_bisect_engine_after(walk->engine, running, outcomes[i]);

		if (step.what == FL_BISECT_RUN && !walk->image[step.commit])
			wanted[n++] = step.commit;
	}
	walk->hands->ahead(wanted, n, walk->hands->data);
}

static unsigned nth_of(const Walk *walk, unsigned i)
{
	return walk->ways.settled ? walk->n_runs[i] : walk->ways.n_seen[walk->ways.way];
}

static bool run_candidate(Walk *walk, unsigned i, GError **error)
{
	g_auto(FlBisectTrial) trial = {0};
	FlBisectWay way = walk->ways.way;
	json_t *entry;

	if (walk->hands->ahead)
		build_ahead(walk, i);
	if (!walk->hands->run(i, way, nth_of(walk, i), &trial, walk->hands->data, error))
		return false;
	entry = entry_of(walk, i);
	if (way == FL_BISECT_WAY_DETERMINISTIC)
		json_object_set_new(entry, "way", json_string("deterministic"));
	json_object_set_new(entry, "seen", json_string(seen_names[trial.seen]));
	json_object_set_new(entry, "seconds", json_real(trial.seconds));
	json_object_set_new(entry, "evidence",
			    fl_json_string(trial.evidence ? trial.evidence : ""));
	set_reason(entry, trial.reason);
	return note(walk, entry, error);
}

/* Whether an entry is about a candidate, or about one with the same kernel. */
static bool is_about(const Walk *walk, const json_t *entry, unsigned candidate)
{
	const char *id = json_string_value(json_object_get(entry, "id"));
	unsigned i = id ? GPOINTER_TO_UINT(g_hash_table_lookup(walk->index, id)) : 0;

	return i &&
	       (i - 1 == candidate || (walk->image[candidate] &&
				       g_strcmp0(walk->image[i - 1], walk->image[candidate]) == 0));
}

/* The newest evidence of a candidate that showed the wanted thing; caller frees. */
static char *evidence_of(const Walk *walk, unsigned candidate, FlBisectSeen seen)
{
	const char *found = NULL;
	const json_t *entry;
	size_t n;

	json_array_foreach(walk->journal, n, entry) {
		const char *word = json_string_value(json_object_get(entry, "seen"));

		if (g_strcmp0(word, seen_names[seen]) == 0 && is_about(walk, entry, candidate))
			found = json_string_value(json_object_get(entry, "evidence"));
	}
	return g_strdup(found);
}

static void conclude(Walk *walk, const FlBisectStep *end, FlBisectResult *result)
{
	unsigned witness;

	*result = (FlBisectResult){.end = *end,
				   .culprits = fl_bisect_engine_culprits(walk->engine),
				   .runs = walk->runs,
				   .builds = walk->builds,
				   .deterministic = walk->ways.way == FL_BISECT_WAY_DETERMINISTIC,
				   .journal = json_incref(walk->journal)};
	if (!fl_bisect_engine_witness(walk->engine, &witness))
		return;
	g_autoptr(GArray) parents = fl_bisect_engine_parents(walk->engine, witness);

	result->first_bad = evidence_of(walk, witness, FL_BISECT_FAIL);
	for (guint i = 0; i < parents->len && !result->last_good; i++)
		result->last_good =
			evidence_of(walk, g_array_index(parents, unsigned, i), FL_BISECT_PASS);
}

/* After a build the engine is asked again: the kernel may be one that is known already. */
static bool take_step(Walk *walk, unsigned i, GError **error)
{
	return walk->image[i] ? run_candidate(walk, i, error) : build_candidate(walk, i, error);
}

/* Runs the bad end until it is settled in which way it and all others are run. */
static bool settle_way(Walk *walk, GError **error)
{
	unsigned bad = bad_end(walk);

	while (!walk->ways.settled && fl_bisect_engine_next(walk->engine).what == FL_BISECT_RUN)
		if (!take_step(walk, bad, error))
			return false;
	return true;
}

bool fl_bisect(const GPtrArray *candidates, const FlBisectRules *rules, const FlBisectHands *hands,
	       const char *journal, FlBisectResult *ret_result, GError **error)
{
	g_auto(Walk) walk = {.candidates = candidates, .hands = hands, .path = journal};
	FlBisectStep step;

	walk.engine = make_engine(candidates, rules);
	walk.index = g_hash_table_new(g_str_hash, g_str_equal);
	walk.images = g_hash_table_new(g_str_hash, g_str_equal);
	walk.image = g_new0(char *, candidates->len);
	walk.n_runs = g_new0(unsigned, candidates->len);
	for (guint i = 0; i < candidates->len; i++)
		g_hash_table_insert(walk.index, candidate_at(&walk, i)->id,
				    GUINT_TO_POINTER(i + 1));
	walk.ways.settled = hands->fixed_way;
	if (!load_journal(&walk, error) || !settle_way(&walk, error))
		return false;
	while ((step = fl_bisect_engine_next(walk.engine)).what == FL_BISECT_RUN)
		if (!take_step(&walk, step.commit, error))
			return false;
	conclude(&walk, &step, ret_result);
	return true;
}
