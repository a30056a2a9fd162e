/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one test program reports on its private pipe, one line each:
 *
 *     plan 6                       how many cases there will be; first of all
 *     ok threads-4                 a case that held
 *     not threads-8 REASON         a case that did not, and why
 *     skip threads-1 REASON        a case that does not apply
 *     add faults 4096              a figure, summed up over the cases
 *     max longest_fault_us 812     a figure, the greatest of all cases
 *     done                         after the last case
 *     skip-all REASON              instead of all that: the test does not apply here
 *
 * Only this pipe counts. What the program prints elsewhere is text.
 */
#pragma once

#include "emit.h"

#define RESULT_REASON_MAX  512
#define RESULT_METRICS_MAX 32
#define RESULT_NAME_MAX	   64

struct result_metric {
	char name[RESULT_NAME_MAX];
	long long value;
};

struct result {
	const char *test;
	bool planned, done, skipped;
	unsigned n_planned, n_cases, n_failed;
	char reason[RESULT_REASON_MAX];	 /* of the skip, or of the first case that failed */
	char mistake[RESULT_REASON_MAX]; /* what broke the form above, if anything did */
	unsigned n_metrics;
	struct result_metric metrics[RESULT_METRICS_MAX];
	char line[1024];
	size_t line_len;
};

void result_init(struct result *result, const char *test);

/* Takes bytes as they come, and writes the nested KTAP of the lines that are complete. */
void result_feed(struct result *result, struct emit *emit, const char *bytes, size_t len);

/* The same, one at a time, for reports of another form. verb: "ok", "not" or "skip". */
void result_plan(struct result *result, struct emit *emit, unsigned n);
void result_case(struct result *result, struct emit *emit, const char *verb, const char *name,
		 const char *reason);
void result_mistake(struct result *result, const char *what, const char *line);

/* True when every case was reported and held; otherwise reason says what is wrong. */
bool result_holds(const struct result *result, char *reason, size_t size);
