/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A replay in words: did the guest do the same again?
 */
#pragma once

#include "judge/patch_order.h"
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
	bool traced; /* then and now; else nothing of the traces is looked at: */
	bool trace_same;
	uint64_t blocks, instructions; /* of now; where they differ, executed before that block */
	bool exact;		       /* it is that block, and not one of the interval there */
	const char *block_then, *block_now;
	const GPtrArray *functions; /* of FlPatchFunction */
	const char *order;	    /* the file with every change between them */
	const char *until;	    /* the text that was waited for */
	unsigned until_line;	    /* where it was found; 0: never */
	const char *until_text;
} FlReplayText;

/* Lines with their newlines; the caller frees. */
char *fl_replay_text(const FlReplayText *guest);
