/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bisect for people and as JSON: what was run, what it came to, how sure that is, and where the
 * evidence is.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* All borrowed; NULL where there is none. */
typedef struct {
	bool found;
	const char *outcome;	     /* one sentence when nothing was found */
	double confidence;	     /* 0 .. 1 */
	const char *const *ids;	     /* of the culprits: more than one that no run can tell apart */
	const char *const *subjects; /* of each of them */
	unsigned runs, builds;
	bool deterministic;		   /* its runs can be replayed */
	const char *last_good, *first_bad; /* evidence folders */
	const char *journal;		   /* path */
	const json_t *entries;		   /* of the journal */
} FlBisectReport;

/* One entry of the journal as a line; the caller frees. */
char *fl_bisect_text_entry(const json_t *entry, double confidence);

/* The last words; the caller frees. */
char *fl_bisect_text(const FlBisectReport *report);

/* The whole; the caller owns it. */
json_t *fl_bisect_text_json(const FlBisectReport *report);
