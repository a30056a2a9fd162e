/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test results that a bare console log carries: KUnit's in the kernel's own lines, kselftest's
 * in lines of user space. Each stream begins with its version line; what stands before one counts
 * for nothing, however much it looks like a result.
 */
#pragma once

#include "judge/explain.h"
#include "judge/verdict.h"

typedef struct FlLogtests FlLogtests;

/* Both borrowed; explain may be NULL. file: how the log is called in explanations. */
FlLogtests *fl_logtests_new(FlExplain *explain, const char *file);
void fl_logtests_free(FlLogtests *logtests);

/* A line without its printk prefix; number is its place in the log. */
void fl_logtests_line(FlLogtests *logtests, const char *text, unsigned number);

/* Of FlTestResult: those of the outermost level, of all streams, owned by it. */
const GPtrArray *fl_logtests_results(const FlLogtests *logtests);

/* What is missing in the first stream that is not whole, one sentence; NULL: nothing. */
char *fl_logtests_problem(const FlLogtests *logtests);
