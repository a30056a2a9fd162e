/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From evidence to verdict: the one place that decides. A pure function.
 */
#pragma once

#include "judge/findings.h"
#include "judge/logtests.h"
#include "plan/ending.h"

typedef struct {
	bool bare; /* a console log and nothing else */
	const char *console_name;
	const FlSession *session;
	const FlWire *wire;
	const FlKernlog *kernlog;
	const FlLogtests *logtests; /* of a bare log, else NULL */
	const GArray *findings;	    /* of FlFinding; the verdict takes the splats over */
	unsigned n_console_lines;
	const char *last_line; /* of the console */
	unsigned n_dropped;    /* times the console said that messages were dropped */
	FlEnding ending;
	const char *detail; /* or NULL */
	FlExplain *explain; /* or NULL */
} FlEvidence;

FlVerdict *fl_ruling(const FlEvidence *evidence);
