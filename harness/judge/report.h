/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One report of the kernel: its lines, whom it blames and how it is called.
 */
#pragma once

#include "judge/lines.h"
#include "judge/rules.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	FlSplat *splat;
	char *header;	   /* its first line */
	uint64_t stamp_us; /* of the first line */
	uint64_t last_us;  /* of the last one */
	uint32_t caller;   /* as in FlLine */
	bool dies;
	bool headless; /* its header was lost, so its kind is not known */
} FlReport;

/* One of a single line so far. */
FlReport *fl_report_new(const char *kind, const FlLine *line, FlVerdictKind verdict);
void fl_report_free(FlReport *report);

/* The lines of one that came again are those of its first time. */
void fl_report_lengthen(const FlReport *report, unsigned last_line);

/*
 * Gives it the title that the rule makes of its first line, which itself is the title where rule is
 * NULL, and the signature by which it is known again. It is torn if its stack is another report's.
 */
void fl_report_name(FlReport *report, const FlRules *rules, const FlRule *rule);
