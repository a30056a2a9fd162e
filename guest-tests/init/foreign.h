/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The standard output of a program that knows nothing of faultline and speaks KTAP, or the TAP
 * of kselftests, as cases of a test:
 *
 *     TAP version 13
 *     1..2
 *     # some text
 *     ok 1 the first thing
 *     not ok 2 the second thing
 *
 * A line decides something only if it has this form; all else is text. Every case is written anew
 * below the program's own test, so that no line of it can stand for another test.
 */
#pragma once

#include "result.h"

struct foreign {
	char line[1024];
	size_t len;
	char diagnostic[256]; /* the text before a case: why it failed, if it did */
	unsigned indent;      /* blanks by which it nests; 0: not seen yet */
};

/* Takes bytes as they come; the cases of complete lines go into result and onto the wire. */
void foreign_feed(struct foreign *foreign, struct result *result, struct emit *emit,
		  const char *bytes, size_t len);
