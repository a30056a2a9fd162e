/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bisect from its first run to its end: asks the engine, has a kernel built and run, tells the
 * engine, and keeps a journal, so that one which was killed goes on where it was.
 */
#pragma once

#include "flow/bisect_engine.h"
#include "flow/bisect_way.h"
#include "judge/target.h"

#include <gio/gio.h>
#include <jansson.h>

/* What can be run: in a git tree a commit, of a series its first patches, ... Strings owned. */
typedef struct {
	char *id;	 /* of a commit; of a patch the name of its file */
	char *subject;	 /* one line for people */
	GArray *parents; /* of unsigned; NULL: the one before */
} FlBisectCandidate;

FlBisectCandidate *fl_bisect_candidate_new(const char *id, const char *subject);
void fl_bisect_candidate_free(FlBisectCandidate *candidate);

/* A kernel that was built, or why it was not. */
typedef struct {
	char *image;	/* hash of its bytes; NULL: it does not build */
	char *reason;	/* why not; else NULL */
	double seconds; /* that it took; 0 when it was there */
} FlBisectBuild;

/* One guest that was run. */
typedef struct {
	FlBisectSeen seen;
	char *reason;	/* the run's own sentence */
	char *evidence; /* folder */
	double seconds;
} FlBisectTrial;

void fl_bisect_build_clear(FlBisectBuild *build);
void fl_bisect_trial_clear(FlBisectTrial *trial);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlBisectBuild, fl_bisect_build_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlBisectTrial, fl_bisect_trial_clear)

/* How candidates are built and run. false is the harness's trouble and ends the bisect. */
typedef struct {
	bool (*build)(unsigned candidate, FlBisectBuild *ret_build, gpointer data, GError **error);
	/* nth: makes the seed; another one for each run of a candidate in this way */
	bool (*run)(unsigned candidate, FlBisectWay way, unsigned nth, FlBisectTrial *ret_trial,
		    gpointer data, GError **error);
	bool fixed_way; /* only FL_BISECT_WAY_ASKED; false: bisect_way.h chooses */
	/* Before a run: the candidates that it may make the next to be built; may be NULL. */
	void (*ahead)(const unsigned *candidates, size_t n, gpointer data);
	/* Told after each entry of the journal; may be NULL. */
	void (*told)(const json_t *entry, const FlBisectStep *next, gpointer data);
	gpointer data;
} FlBisectHands;

typedef struct {
	FlBisectStep end;
	GArray *culprits;	     /* of unsigned */
	unsigned runs, builds;	     /* over all sittings */
	bool deterministic;	     /* FL_BISECT_WAY_DETERMINISTIC was chosen */
	char *last_good, *first_bad; /* evidence folders, or NULL */
	json_t *journal;	     /* array of entries, see bisect.c */
} FlBisectResult;

/**
 * @param candidates  of FlBisectCandidate; the first is good, the last is bad
 * @param journal     path of the journal; one that is there is read and gone on with
 */
bool fl_bisect(const GPtrArray *candidates, const FlBisectRules *rules, const FlBisectHands *hands,
	       const char *journal, FlBisectResult *ret_result,
	       GError **error) G_GNUC_WARN_UNUSED_RESULT;

void fl_bisect_result_clear(FlBisectResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlBisectResult, fl_bisect_result_clear)
