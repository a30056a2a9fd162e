/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The judge: bytes of the two ports in, a verdict out. No process, no clock, no file but the rules.
 *
 * A push parser: the live run, `faultline judge` on an old folder and the golden tests feed the
 * same functions, in pieces of any size, and get the same answer. Never asserts on input.
 */
#pragma once

#include "judge/explain.h"
#include "judge/rules.h"
#include "plan/ending.h"

#include <stddef.h>

typedef struct {
	const char *const *tests; /* those asked for, in order, NULL-terminated; NULL: a bare log */
	const char *console_name; /* what sentences call the console's log; NULL: serial.log */
	const char *nonce;	  /* FL_WIRE_NONCE_LEN hex characters; NULL: a bare log */
	const char *rules_dir;	  /* configs/splats */
	const FlRules *rules;	  /* borrowed; NULL: read from rules_dir */
	const char *today;  /* YYYY-MM-DD: exceptions that expired before are an error; or NULL */
	FlExplain *explain; /* borrowed: where to note what led to the verdict; or NULL */
} FlJudgeSpec;

typedef struct FlJudge FlJudge;

/* Reads the rules; the error names file and line. Copies what it needs of the spec. */
FlJudge *fl_judge_new(const FlJudgeSpec *spec, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void fl_judge_console(FlJudge *judge, const char *bytes, size_t len);
void fl_judge_wire(FlJudge *judge, const char *bytes, size_t len);

/*
 * Whether there is nothing more to learn: the closing statement is complete, or the kernel died.
 * Then the caller ends the guest after ret_grace_us, so that a report is complete.
 */
bool fl_judge_wants_stop(const FlJudge *judge, uint64_t *ret_grace_us);

/* Whether the guest told of a task that does not come back. */
bool fl_judge_is_stuck(const FlJudge *judge);

/* What goes on now, for progress: number of results so far and the name of the running test (or NULL). */
unsigned fl_judge_n_results(const FlJudge *judge);
const char *fl_judge_running(const FlJudge *judge);
/* The i-th result in the order of arrival, i < n_results; as the guest gave it, owned by the judge. */
const FlTestResult *fl_judge_result(const FlJudge *judge, unsigned i);

/* Closes the evidence and gives the verdict. detail: the machine's own words, may be NULL. */
FlVerdict *fl_judge_end(FlJudge *judge, FlEnding ending, const char *detail);

void fl_judge_free(FlJudge *judge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlJudge, fl_judge_free)
