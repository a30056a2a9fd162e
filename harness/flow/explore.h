/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of an exploration: which seeds have been run, what each showed, and which come
 * next. Kept in a journal after every seed, so that one which was killed repeats nothing.
 */
#pragma once

#include "judge/record.h"

#include <jansson.h>

/* One seed that was run. Strings owned; NULL where there is nothing to tell. */
typedef struct {
	uint64_t seed;
	FlVerdictKind kind;
	char *reason;	      /* of a seed that did not pass */
	char *console_sha256; /* what the same seed must show again */
	char *outcome_sha256; /* of console, results and figures: what tells interleavings apart */
	char *test;	      /* the first test that did not pass */
	char *signature;      /* of the first splat that counts */
	char *evidence;	      /* folder of the guest; of one that passed NULL: not kept */
	double seconds;
	/* Places at which vCPUs could give way; and over all tests the full schedules, and the yields. */
	unsigned yield_points;
	uint64_t schedules, yields_taken;
	/* The smallest reproduction: as a command, and the run that showed the same again. */
	char *smallest, *verified;
} FlExploreSeed;

typedef struct FlExplore FlExplore;

/* Takes up the journal at that path, or begins one. first..last: the seeds to run. */
FlExplore *fl_explore_new(const char *journal, uint64_t first, uint64_t last,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_explore_free(FlExplore *explore);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlExplore, fl_explore_free)

/*
 * Notes a seed, takes it over and adds it to the journal. A BROKEN one tells nothing: it is run once
 * more, and again by the next call of faultline.
 */
bool fl_explore_note(FlExplore *explore, FlExploreSeed *seed,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Notes the smallest reproduction of a failure that was noted. */
bool fl_explore_note_smallest(FlExplore *explore, uint64_t seed, const char *command,
			      const char *verified, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The next seeds to run, at most max in a row; false: none is left. */
bool fl_explore_next(const FlExplore *explore, unsigned max, uint64_t *ret_first, unsigned *ret_n);

/* Of the seeds first..last only; sum over all sittings. */
typedef struct {
	unsigned done;	   /* passed or failed */
	unsigned distinct; /* different outcomes among them */
	unsigned failed;
	unsigned untold; /* BROKEN, and not told since */
	double mean_s;	 /* what one guest takes; 0: not known yet */
	unsigned yield_points;
	uint64_t schedules, yields_taken;
} FlExploreCounts;

FlExploreCounts fl_explore_counts(const FlExplore *explore);

/* Those that failed, of FlExploreSeed, by seed; borrowed; the caller unrefs the array. */
GPtrArray *fl_explore_failures(const FlExplore *explore);

/* Whether evidence that the journal names lies in a folder. */
bool fl_explore_refers_to(const FlExplore *explore, const char *folder);

/* What a guest showed, as the seed that it had; evidence is not set. */
FlExploreSeed *fl_explore_seed_of(const FlGuestRecord *guest);
void fl_explore_seed_free(FlExploreSeed *seed);
