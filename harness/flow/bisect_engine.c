// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bayes' rule over commits, and the choice of the next run.
 *
 * For a hypothesis X, k and m are the failures and passes seen on X and its descendants, the
 * "bad" side. The failure rate integrates to
 *     N + (1-N) B(a+k, b+m) / B(a, b),  N the never flaky bug's share, nothing once m > 0,
 * and failures on the good side cost a factor false_failure each. The next run is the one that is
 * expected to take most entropy from the posterior; a commit that is built already counts as much
 * as its build saves, within a limit. So the engine stays on a commit while that is
 * worth more than 5/8 of the best one: many runs on few builds.
 */
#include "flow/bisect_engine.h"

#include <math.h>
#include <stdint.h>

/* A rate that the user told counts as if it had been seen in so many runs. */
#define RATE_STRENGTH	200.0
#define RETEST_FACTOR	3.0
#define GOOD_END_IS_BAD 0.01
#define BUILT_FACTOR	1.6
/* So many runs that told nothing, without one that did, and a commit is given up. */
#define CANNOT_TELL_MAX 2u
#define LEAST_GAIN	1e-9

typedef struct {
	unsigned fails, passes, cannot_tell;
	unsigned group; /* the first commit with the same kernel */
	bool skipped, built;
	bool innocent; /* its kernel is that of a commit without it */
} Commit;

struct FlBisectEngine {
	FlBisectRules rules;
	unsigned n, runs;
	unsigned *edges, *first_edge; /* NULL on a line */
	uint64_t *ancestors;	      /* n rows of n bits, NULL on a line */
	size_t row;		      /* words of a row */
	Commit *commits;
	double run_cost, build_cost;
};

/* The posterior, and what a run of a bad commit would make of it. Arrays of n. */
typedef struct {
	double *weight, *fail, *pass; /* weight = fail + pass */
	double *phi_weight, *phi_fail, *phi_pass;
	double phi_total;
} Belief;

FlBisectRules fl_bisect_engine_rules(double confidence, double rate, unsigned max_runs)
{
	FlBisectRules rules = {
		.confidence = confidence,
		.retest_confidence = 1 - (1 - confidence) / RETEST_FACTOR,
		.false_failure = 1e-5,
		.rate_a = 0.5,
		.rate_b = 1,
		.never_flaky = 0.5,
		.max_runs = max_runs,
		.max_first_runs = MIN(max_runs, 60),
	};

	if (rate > 0) {
		rules.rate_a = RATE_STRENGTH * rate;
		rules.rate_b = RATE_STRENGTH * (1 - rate);
		rules.never_flaky = 0;
		rules.max_first_runs = 0;
	}
	return rules;
}

static bool is_ancestor(const FlBisectEngine *engine, unsigned ancestor, unsigned commit)
{
	if (!engine->ancestors)
		return ancestor <= commit;
	return engine->ancestors[commit * engine->row + ancestor / 64] >> (ancestor % 64) & 1;
}

static void copy_graph(FlBisectEngine *engine, const FlBisectGraph *graph)
{
	unsigned n_edges = graph->first_edge[graph->n];

	engine->edges = g_memdup2(graph->edges, MAX(1, n_edges) * sizeof(unsigned));
	engine->first_edge = g_memdup2(graph->first_edge, (graph->n + 1) * sizeof(unsigned));
	engine->row = (graph->n + 63) / 64;
	engine->ancestors = g_new0(uint64_t, graph->n * engine->row);
	for (unsigned i = 0; i < graph->n; i++) {
		uint64_t *own = engine->ancestors + i * engine->row;

		own[0] |= 1;
		own[i / 64] |= UINT64_C(1) << (i % 64);
		for (unsigned e = graph->first_edge[i]; e < graph->first_edge[i + 1]; e++) {
			g_return_if_fail(graph->edges[e] < i);
			for (size_t w = 0; w < engine->row; w++)
				own[w] |= engine->ancestors[graph->edges[e] * engine->row + w];
		}
	}
}

FlBisectEngine *fl_bisect_engine_new(const FlBisectGraph *graph, const FlBisectRules *rules)
{
	FlBisectEngine *engine;

	g_return_val_if_fail(graph->n >= 2 && graph->n <= FL_BISECT_ENGINE_MAX, NULL);
	engine = g_new0(FlBisectEngine, 1);
	engine->rules = *rules;
	engine->n = graph->n;
	engine->commits = g_new0(Commit, graph->n);
	for (unsigned i = 0; i < graph->n; i++)
		engine->commits[i].group = i;
	engine->run_cost = engine->build_cost = 1;
	if (graph->edges)
		copy_graph(engine, graph);
	return engine;
}

void fl_bisect_engine_free(FlBisectEngine *engine)
{
	if (!engine)
		return;
	g_free(engine->edges);
	g_free(engine->first_edge);
	g_free(engine->ancestors);
	g_free(engine->commits);
	g_free(engine);
}

/* ---- what was seen ---- */

void fl_bisect_engine_observe(FlBisectEngine *engine, unsigned commit, FlBisectSeen seen)
{
	Commit *c = &engine->commits[engine->commits[commit].group];

	engine->runs++;
	engine->commits[commit].built = true;
	switch (seen) {
	case FL_BISECT_PASS:
		c->passes++;
		break;
	case FL_BISECT_FAIL:
		c->fails++;
		break;
	case FL_BISECT_CANNOT_TELL:
		c->cannot_tell++;
		break;
	}
	if (c->cannot_tell >= CANNOT_TELL_MAX && c->cannot_tell > 3 * (c->fails + c->passes))
		fl_bisect_engine_skip(engine, commit);
}

void fl_bisect_engine_skip(FlBisectEngine *engine, unsigned commit)
{
	unsigned group = engine->commits[commit].group;

	for (unsigned i = 0; i < engine->n; i++)
		if (engine->commits[i].group == group)
			engine->commits[i].skipped = true;
}

void fl_bisect_engine_built(FlBisectEngine *engine, unsigned commit)
{
	engine->commits[commit].built = true;
}

void fl_bisect_engine_same(FlBisectEngine *engine, unsigned commit, unsigned other)
{
	unsigned from = engine->commits[commit].group, to = engine->commits[other].group;
	Commit *a = &engine->commits[from], *b = &engine->commits[to];

	if (from == to)
		return;
	b->fails += a->fails;
	b->passes += a->passes;
	b->cannot_tell += a->cannot_tell;
	for (unsigned i = 0; i < engine->n; i++) {
		if (engine->commits[i].group == from)
			engine->commits[i].group = to;
		/* What one of the two has and the other has not changes nothing of the kernel. */
		if (is_ancestor(engine, i, commit) != is_ancestor(engine, i, other))
			engine->commits[i].innocent = true;
	}
}

void fl_bisect_engine_costs(FlBisectEngine *engine, double run, double build)
{
	engine->run_cost = MAX(run, 1e-3);
	engine->build_cost = MAX(build, 0);
}

/* ---- the posterior ---- */

static double phi(double x)
{
	return x > 0 ? x * log(x) : 0;
}

static double log_beta(double a, double b)
{
	return lgamma(a) + lgamma(b) - lgamma(a + b);
}

/* log of the integrated likelihood of k failures and m passes on the bad side. */
static double log_bad_side(const FlBisectRules *rules, unsigned k, unsigned m)
{
	double flaky = log_beta(rules->rate_a + k, rules->rate_b + m) -
		       log_beta(rules->rate_a, rules->rate_b);

	if (m || rules->never_flaky <= 0)
		return flaky + log1p(-rules->never_flaky);
	return log(rules->never_flaky + (1 - rules->never_flaky) * exp(flaky));
}

/* Failures and passes on the bad side of each hypothesis: on those that have it as ancestor. */
static void count_sides(const FlBisectEngine *engine, unsigned *fails, unsigned *passes)
{
	for (unsigned c = 0; c < engine->n; c++) {
		const Commit *commit = &engine->commits[c];

		if (!commit->fails && !commit->passes)
			continue;
		for (unsigned x = 0; x <= c; x++) {
			if (!is_ancestor(engine, x, c))
				continue;
			fails[x] += commit->fails;
			passes[x] += commit->passes;
		}
	}
}

static void belief_clear(Belief *belief)
{
	g_free(belief->weight);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Belief, belief_clear)

static void fill_weights(const FlBisectEngine *engine, Belief *belief, const unsigned *fails,
			 const unsigned *passes)
{
	double log_false = log(engine->rules.false_failure);
	double log_true = log1p(-engine->rules.false_failure);
	double most = -INFINITY, likelihood = 0;
	unsigned all_fails = 0, all_passes = 0;

	for (unsigned c = 0; c < engine->n; c++) {
		all_fails += engine->commits[c].fails;
		all_passes += engine->commits[c].passes;
	}
	for (unsigned x = 0; x < engine->n; x++) {
		if (!x || fails[x] != fails[x - 1] || passes[x] != passes[x - 1])
			likelihood = (all_fails - fails[x]) * log_false +
				     (all_passes - passes[x]) * log_true +
				     log_bad_side(&engine->rules, fails[x], passes[x]);
		belief->weight[x] = engine->commits[x].innocent ? -INFINITY : likelihood;
		if (!x)
			belief->weight[x] += log(GOOD_END_IS_BAD * (engine->n - 1));
		most = MAX(most, belief->weight[x]);
	}
	for (unsigned x = 0; x < engine->n; x++)
		belief->weight[x] = exp(belief->weight[x] - most);
}

/* Normalises, and splits each weight into what a failing and a passing run would leave of it. */
static void split_weights(const FlBisectEngine *engine, Belief *belief, const unsigned *fails,
			  const unsigned *passes)
{
	double sum = 0, rate = 0;

	for (unsigned x = 0; x < engine->n; x++)
		sum += belief->weight[x];
	for (unsigned x = 0; x < engine->n; x++) {
		double w = belief->weight[x] / sum;

		if (!x || fails[x] != fails[x - 1] || passes[x] != passes[x - 1])
			rate = exp(log_bad_side(&engine->rules, fails[x] + 1, passes[x]) -
				   log_bad_side(&engine->rules, fails[x], passes[x]));
		belief->weight[x] = w;
		belief->fail[x] = w * rate;
		belief->pass[x] = w * (1 - rate);
		belief->phi_weight[x] = phi(w);
		belief->phi_fail[x] = phi(belief->fail[x]);
		belief->phi_pass[x] = phi(belief->pass[x]);
		belief->phi_total += belief->phi_weight[x];
	}
}

static void believe(const FlBisectEngine *engine, Belief *belief)
{
	g_autofree unsigned *fails = g_new0(unsigned, engine->n);
	g_autofree unsigned *passes = g_new0(unsigned, engine->n);
	double *all = g_new0(double, 6 * (size_t)engine->n);

	*belief = (Belief){.weight = all,
			   .fail = all + engine->n,
			   .pass = all + 2 * (size_t)engine->n,
			   .phi_weight = all + 3 * (size_t)engine->n,
			   .phi_fail = all + 4 * (size_t)engine->n,
			   .phi_pass = all + 5 * (size_t)engine->n};
	count_sides(engine, fails, passes);
	fill_weights(engine, belief, fails, passes);
	split_weights(engine, belief, fails, passes);
}

/* ---- what a run would tell ---- */

/* Sums over the hypotheses under which a commit is bad. */
typedef struct {
	double weight, fail, pass, phi_weight, phi_fail, phi_pass;
} Sums;

static void sums_add(Sums *sums, const Belief *belief, unsigned x)
{
	sums->weight += belief->weight[x];
	sums->fail += belief->fail[x];
	sums->pass += belief->pass[x];
	sums->phi_weight += belief->phi_weight[x];
	sums->phi_fail += belief->phi_fail[x];
	sums->phi_pass += belief->phi_pass[x];
}

static Sums sums_of(const FlBisectEngine *engine, const Belief *belief, unsigned commit)
{
	Sums sums = {0};

	for (unsigned x = 0; x <= commit; x++)
		if (is_ancestor(engine, x, commit))
			sums_add(&sums, belief, x);
	return sums;
}

/* Entropy that is left after one outcome, times the chance of that outcome. */
static double left_over(const Sums *sums, const Belief *belief, double bad, double phi_bad,
			double on_good)
{
	double good = 1 - sums->weight;
	double phi_good = on_good * (belief->phi_total - sums->phi_weight) + good * phi(on_good);

	return phi(bad + on_good * good) - phi_bad - phi_good;
}

static double gain_of(const FlBisectEngine *engine, const Belief *belief, const Sums *sums)
{
	double eps = engine->rules.false_failure;

	return -belief->phi_total - left_over(sums, belief, sums->fail, sums->phi_fail, eps) -
	       left_over(sums, belief, sums->pass, sums->phi_pass, 1 - eps);
}

/* Gain for its price: see the top of the file. */
static double value_of(const FlBisectEngine *engine, const Belief *belief, const Sums *sums,
		       unsigned commit)
{
	double gain = gain_of(engine, belief, sums);
	double saved = (engine->run_cost + engine->build_cost) / engine->run_cost;

	return engine->commits[commit].built ? gain * MIN(BUILT_FACTOR, saved) : gain;
}

/* The best run among all commits; false when no run would tell anything. */
static bool best_of_all(const FlBisectEngine *engine, const Belief *belief, unsigned *ret_commit)
{
	double best = LEAST_GAIN;
	bool found = false;
	Sums sums = {0};

	for (unsigned c = 0; c < engine->n; c++) {
		double value;

		if (engine->ancestors && !engine->commits[c].skipped)
			sums = sums_of(engine, belief, c);
		else if (!engine->ancestors)
			sums_add(&sums, belief, c);
		if (engine->commits[c].skipped)
			continue;
		value = value_of(engine, belief, &sums, c);
		if (value > best) {
			best = value;
			*ret_commit = c;
			found = true;
		}
	}
	return found;
}

/* ---- what no run can tell apart ---- */

static uint64_t mixed(uint64_t z)
{
	z = (z + 1) * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Hypotheses with one hash make the same commits bad, of those that can be run. */
static uint64_t *classes(const FlBisectEngine *engine)
{
	uint64_t *hash = g_new0(uint64_t, engine->n);

	for (unsigned c = engine->n; c-- > 0;) {
		uint64_t own = engine->commits[c].skipped ? 0 : mixed(c);

		if (!engine->ancestors)
			hash[c] = own ^ (c + 1 < engine->n ? hash[c + 1] : 0);
		for (unsigned x = 0; engine->ancestors && x <= c; x++)
			if (is_ancestor(engine, x, c))
				hash[x] ^= own;
	}
	return hash;
}

static uint64_t likeliest(const FlBisectEngine *engine, const Belief *belief, const uint64_t *hash,
			  double *ret_weight)
{
	g_autoptr(GHashTable) sums =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	uint64_t best = hash[0];

	*ret_weight = -1;
	for (unsigned x = 0; x < engine->n; x++) {
		double *sum = g_hash_table_lookup(sums, &hash[x]);

		if (!sum) {
			sum = g_new0(double, 1);
			g_hash_table_insert(sums, (gpointer)&hash[x], sum);
		}
		*sum += belief->weight[x];
		if (*sum > *ret_weight) {
			*ret_weight = *sum;
			best = hash[x];
		}
	}
	return best;
}

static GArray *members(const FlBisectEngine *engine, const uint64_t *hash, uint64_t wanted)
{
	GArray *array = g_array_new(FALSE, FALSE, sizeof(unsigned));

	for (unsigned x = 0; x < engine->n; x++)
		if (hash[x] == wanted && !engine->commits[x].innocent)
			g_array_append_val(array, x);
	return array;
}

GArray *fl_bisect_engine_culprits(const FlBisectEngine *engine)
{
	g_auto(Belief) belief = {0};
	g_autofree uint64_t *hash = classes(engine);
	double weight;

	believe(engine, &belief);
	return members(engine, hash, likeliest(engine, &belief, hash, &weight));
}

/* Of those that no run tells apart at most one can be run itself: else that run would. */
static bool witness_of(const FlBisectEngine *engine, const uint64_t *hash, uint64_t wanted,
		       unsigned *ret_commit)
{
	for (unsigned x = engine->n; x-- > 0;) {
		if (hash[x] != wanted || engine->commits[x].skipped)
			continue;
		*ret_commit = x;
		return true;
	}
	return false;
}

bool fl_bisect_engine_witness(const FlBisectEngine *engine, unsigned *ret_commit)
{
	g_auto(Belief) belief = {0};
	g_autofree uint64_t *hash = classes(engine);
	double weight;

	believe(engine, &belief);
	return witness_of(engine, hash, likeliest(engine, &belief, hash, &weight), ret_commit);
}

static void add_parents(const FlBisectEngine *engine, unsigned commit, bool *seen, GArray *into)
{
	unsigned first = engine->edges ? engine->first_edge[commit] : 0;
	unsigned end = engine->edges ? engine->first_edge[commit + 1] : MIN(commit, 1);

	for (unsigned e = first; e < end; e++) {
		unsigned parent = engine->edges ? engine->edges[e] : commit - 1;

		if (seen[parent])
			continue;
		seen[parent] = true;
		if (engine->commits[parent].skipped)
			add_parents(engine, parent, seen, into);
		else
			g_array_append_val(into, parent);
	}
}

GArray *fl_bisect_engine_parents(const FlBisectEngine *engine, unsigned commit)
{
	g_autofree bool *seen = g_new0(bool, engine->n);
	GArray *parents = g_array_new(FALSE, FALSE, sizeof(unsigned));

	add_parents(engine, commit, seen, parents);
	return parents;
}

/* ---- the next step ---- */

/* The culprit or one of its parents, whichever run tells more. */
static bool best_retest(const FlBisectEngine *engine, const Belief *belief, unsigned witness,
			unsigned *ret_commit)
{
	g_autoptr(GArray) near = fl_bisect_engine_parents(engine, witness);
	double best = LEAST_GAIN;
	bool found = false;

	g_array_append_val(near, witness);
	for (guint i = 0; i < near->len; i++) {
		unsigned commit = g_array_index(near, unsigned, i);
		Sums sums = sums_of(engine, belief, commit);
		double value = value_of(engine, belief, &sums, commit);

		if (value <= best)
			continue;
		best = value;
		*ret_commit = commit;
		found = true;
	}
	return found;
}

static FlBisectStep search(const FlBisectEngine *engine)
{
	g_auto(Belief) belief = {0};
	g_autofree uint64_t *hash = classes(engine);
	FlBisectStep step = {.what = FL_BISECT_FOUND};
	uint64_t best;
	unsigned witness;
	bool more;

	believe(engine, &belief);
	best = likeliest(engine, &belief, hash, &step.confidence);
	if (step.confidence >= engine->rules.retest_confidence)
		return step;
	step.is_retest = step.confidence >= engine->rules.confidence;
	if (engine->runs >= engine->rules.max_runs) {
		step.what = step.is_retest ? FL_BISECT_FOUND : FL_BISECT_BUDGET;
		return step;
	}
	more = step.is_retest && witness_of(engine, hash, best, &witness)
		       ? best_retest(engine, &belief, witness, &step.commit)
		       : best_of_all(engine, &belief, &step.commit);
	if (more)
		step.what = FL_BISECT_RUN;
	else
		step.what = step.is_retest ? FL_BISECT_FOUND : FL_BISECT_BUDGET;
	return step;
}

FlBisectStep fl_bisect_engine_next(const FlBisectEngine *engine)
{
	const Commit *end = &engine->commits[engine->n - 1];
	const Commit *bad = &engine->commits[end->group];
	unsigned first_runs = bad->passes + bad->cannot_tell;

	if (bad->fails || !engine->rules.max_first_runs)
		return search(engine);
	if (end->skipped)
		return (FlBisectStep){.what = FL_BISECT_BAD_BROKEN};
	if (first_runs >= engine->rules.max_first_runs || engine->runs >= engine->rules.max_runs)
		return (FlBisectStep){.what = FL_BISECT_NOT_SEEN};
	return (FlBisectStep){.what = FL_BISECT_RUN, .commit = engine->n - 1};
}

FlBisectStep fl_bisect_engine_after(const FlBisectEngine *engine, unsigned commit,
				    FlBisectSeen seen)
{
	FlBisectEngine then = *engine;
	g_autofree Commit *commits = g_memdup2(engine->commits, engine->n * sizeof(Commit));

	then.commits = commits;
	fl_bisect_engine_observe(&then, commit, seen);
	return fl_bisect_engine_next(&then);
}
