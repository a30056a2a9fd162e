/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A replay in words: did the guest do the same again?
 */
#pragma once

#include "judge/verdict.h"

/* One guest, then and now. Borrowed; NULL where there is nothing to tell. */
typedef struct {
	const char *label;
	bool deterministic;
	bool same;	  /* console and protocol, as far as both go */
	bool ended_by_us; /* same, but one of the two goes on where the other was ended */
	const char *file; /* in which they differ */
	unsigned line;	  /* the first that does */
	const char *line_then, *line_now;
	const char *verdict_then, *verdict_now;
	const char *until;   /* the text that was waited for */
	unsigned until_line; /* where it was found; 0: never */
	const char *until_text;
} FlReplayText;

/* Lines with their newlines; the caller frees. */
char *fl_replay_text(const FlReplayText *guest);
