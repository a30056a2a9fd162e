/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP version 1 (Documentation/dev-tools/ktap.rst), a line at a time: nesting by indentation,
 * plans, SKIP, TODO and XFAIL. Lines that are none of these decide nothing.
 *
 * Before `not ok 3 name` a diagnostic line `# name: one sentence` may say why; the last one wins.
 */
#pragma once

#include "judge/verdict.h"

#include <stddef.h>

typedef struct {
	unsigned number; /* 0: none was given */
	char *name;
	FlVerdictKind kind; /* PASS, SKIP or FAIL */
	char *reason;	    /* empty for PASS */
	GPtrArray *cases;   /* of FlCase, those nested in it; "outer/inner" when deeper */
} FlKtapResult;

/* A result of the outermost level; the receiver may take the cases away. */
typedef void (*FlKtapFn)(FlKtapResult *result, gpointer data);

typedef struct FlKtap FlKtap;

FlKtap *fl_ktap_new(FlKtapFn fn, gpointer data);
void fl_ktap_free(FlKtap *ktap);
void fl_ktap_line(FlKtap *ktap, const char *line);

/* Whether it bailed out; the words that were given, or NULL. */
const char *fl_ktap_bailed(const FlKtap *ktap);

/*
 * What is wrong with the stream as a whole once it is over: no version line, no plan, more or fewer
 * results than planned. One sentence, NULL when all is well. Faults inside a test are in its result.
 */
char *fl_ktap_problem(const FlKtap *ktap);

/* Frees an FlCase. */
void fl_ktap_case_free(gpointer one);
