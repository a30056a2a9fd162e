/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which commit to run next, and how sure we are: the pure half of a bisect. Knows no git, no
 * kernel and no clock; commits are numbers, and what was seen is told to it.
 *
 * Every commit is a hypothesis: "this one brought the bug", which makes it and its descendants
 * bad. A bad commit fails with a rate that nobody knows: with probability 1/2 it is 1 (most bugs
 * are not flaky), else it is drawn from Beta(1/2, 1). A good commit fails with the probability
 * `false_failure`. Before the first run all commits are equally likely; that the good end is bad
 * already has a hundredth of it. Bayes' rule does the rest, with the rate integrated out.
 *
 * It stops when one commit has the probability `confidence`, after which that commit and its
 * parent alone are run again until `retest_confidence` or the end of the budget.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* At most so many commits: a set of ancestors is a bit for each pair. */
#define FL_BISECT_ENGINE_MAX 20000u

/*
 * Commits in an order in which parents come first. 0 is the good end and an ancestor of all, n-1
 * is the bad end. Parents of i: edges[first_edge[i]] up to edges[first_edge[i + 1]].
 */
typedef struct {
	unsigned n;
	const unsigned *edges; /* NULL: a line, the parent of i is i - 1 */
	const unsigned *first_edge;
} FlBisectGraph;

typedef struct {
	double confidence;	  /* 0.5 .. 1 */
	double retest_confidence; /* at least confidence */
	double false_failure;	  /* 0 < . < 1 */
	double rate_a, rate_b;	  /* Beta prior of the failure rate of a flaky bug */
	double never_flaky;	  /* probability that the rate is 1 */
	unsigned max_runs;
	unsigned max_first_runs; /* of the bad end, until it fails first; 0: it is believed */
} FlBisectRules;

/*
 * The rules for a wanted confidence and a budget; the others as they were tuned by simulation.
 * rate: how often the bad end was seen to fail, between 0 and 1, which saves a fifth of the runs;
 * 0: not known.
 */
FlBisectRules fl_bisect_engine_rules(double confidence, double rate, unsigned max_runs);

typedef enum {
	FL_BISECT_PASS,
	FL_BISECT_FAIL,
	FL_BISECT_CANNOT_TELL /* it ended for another reason than the one looked for */
} FlBisectSeen;

typedef enum {
	FL_BISECT_RUN,	     /* run `commit` */
	FL_BISECT_FOUND,     /* fl_bisect_engine_culprits tells */
	FL_BISECT_BUDGET,    /* max_runs are used up before anything was sure */
	FL_BISECT_NOT_SEEN,  /* the bad end does not fail */
	FL_BISECT_BAD_BROKEN /* the bad end cannot be run */
} FlBisectDo;

typedef struct {
	FlBisectDo what;
	unsigned commit;   /* for FL_BISECT_RUN */
	bool is_retest;	   /* the confidence is there; this run makes it surer */
	double confidence; /* of the likeliest culprit, now */
} FlBisectStep;

typedef struct FlBisectEngine FlBisectEngine;

/* The graph is copied. */
FlBisectEngine *fl_bisect_engine_new(const FlBisectGraph *graph, const FlBisectRules *rules);
void fl_bisect_engine_free(FlBisectEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlBisectEngine, fl_bisect_engine_free)

/* A run of a commit, with what it showed. */
void fl_bisect_engine_observe(FlBisectEngine *engine, unsigned commit, FlBisectSeen seen);

/* The commit can never be run: it does not build. */
void fl_bisect_engine_skip(FlBisectEngine *engine, unsigned commit);

/* The commit has been built: to run it again costs no build. */
void fl_bisect_engine_built(FlBisectEngine *engine, unsigned commit);

/* Two commits have the same kernel, bit for bit: what one shows, the other does. */
void fl_bisect_engine_same(FlBisectEngine *engine, unsigned commit, unsigned other);

/* What a run and a build cost, in the same unit; both at least a millisecond's worth. */
void fl_bisect_engine_costs(FlBisectEngine *engine, double run, double build);

FlBisectStep fl_bisect_engine_next(const FlBisectEngine *engine);

/* What would be next if a run of the commit showed that: for those who prepare for it. */
FlBisectStep fl_bisect_engine_after(const FlBisectEngine *engine, unsigned commit,
				    FlBisectSeen seen);

/*
 * The likeliest culprits, which no commit that can be run tells apart; of unsigned, in the order
 * of the commits, never empty. {0} says that the good end is bad already. The caller frees.
 */
GArray *fl_bisect_engine_culprits(const FlBisectEngine *engine);

/* The nearest ancestors of a commit that can be run; of unsigned, the caller frees. */
GArray *fl_bisect_engine_parents(const FlBisectEngine *engine, unsigned commit);

/* The commit whose runs show the culprit at work; false when no such commit can be run. */
bool fl_bisect_engine_witness(const FlBisectEngine *engine, unsigned *ret_commit);
