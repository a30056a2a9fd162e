/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest's runner told over the wire: tests begun and ended, their figures and output,
 * tasks that do not come back, the closing statement. Keeps what was said; judges nothing.
 */
#pragma once

#include "judge/ktap.h"
#include "judge/wire.h"

/* A task that did not come back (FL_WIRE_STUCK). */
typedef struct {
	char *test, *state, *pid, *comm, *where;
} FlStuck;

/* FL_WIRE_ATTEST; all are required. */
typedef struct {
	bool present;
	int64_t tainted, warn, oops, lockdep, kmsg_first, kmsg_last, kmsg_lost, started, results;
} FlAttest;

typedef struct {
	FlTestResult *result; /* kind and reason hold once `ended` */
	bool started, ended;
} FlSessionTest;

typedef struct {
	GPtrArray *tests;   /* of FlSessionTest, in the order asked */
	GPtrArray *arrived; /* of FlTestResult, in the order of results; borrowed */
	GPtrArray *stuck;   /* of FlStuck */
	FlSessionTest *running;
	FlKtap *ktap;
	FlAttest attest;
	char *release;
	char *problem; /* the first record that makes no sense, one sentence; or NULL */
	bool hello, ended;
} FlSession;

/* tests: NULL-terminated, may be NULL. */
FlSession *fl_session_new(const char *const *tests);
void fl_session_free(FlSession *session);

/* Every record but those of the kernel's log. */
void fl_session_record(FlSession *session, const FlWireRecord *record);
