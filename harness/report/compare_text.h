/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A comparison in words and as JSON: what is new, fixed, in both or moved, and how sure that is.
 */
#pragma once

#include "judge/compare.h"

#include <jansson.h>

/* Borrowed. */
typedef struct {
	const char *a, *b; /* names of the two sides */
	const GPtrArray *rows;
	unsigned pairs, told; /* pairs run; those in which both guests told something */
	bool is_clear;	      /* it ended early */
	bool shares_cpus;     /* as fl_compare_shares_cpus says */
	double confidence;
	const GPtrArray *evidence; /* folders: A and B of the first pair, of the second, ... */
	const char *command;	   /* that repeats it */
} FlCompareText;

/* The live line after a pair; the caller frees. */
char *fl_compare_text_live(const FlCompareText *text, unsigned wanted);

/* The whole, with newlines. all: also what does not differ. The caller frees. */
char *fl_compare_text(const FlCompareText *text, bool all);

json_t *fl_compare_text_json(const FlCompareText *text);
