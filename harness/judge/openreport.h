/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report that is not over: what its lines say of its stack, its lock and whom it names, and whether
 * it ended or was cut. Which lines it gets, the collector decides.
 */
#pragma once

#include "judge/report.h"

/* A caller that said nothing for so long has ended its report. */
#define FL_OPENREPORT_SILENCE_US 2000000u

typedef struct {
	FlReport *report;
	const FlRule *rule;
	GPtrArray *frames;
	uint64_t last_us;    /* of its last line */
	uint32_t caller;     /* whose lines it takes: report->caller, or the CPU that it asked */
	FlReport *sequel_of; /* borrowed; NULL if that was no report after all */
	bool sequel;	     /* no report of its own: it lengthens sequel_of */
	bool promised;	     /* began right behind "cut here" */
	bool excused;	     /* a test asked for it */
	bool asked;	     /* another CPU was asked for its stack, which that one prints itself */
	bool interrupted;    /* the line before is perhaps not the stack's */
	bool in_trace, traced;
	bool stacked; /* a line of the trace came */
	bool task;    /* the trace has <TASK>, so it will say where it ends */
	bool among;   /* in the part of a listing that the first line is about */
	bool named;   /* the first frame is what `names` of the rule found */
	unsigned header_line, n_lines;
} FlOpenReport;

/*
 * Its first line is not read yet. The rule is borrowed. sequel_of: the report that its lines go on with,
 * or NULL.
 */
FlOpenReport *fl_openreport_new(const FlRule *rule, const FlLine *line, FlReport *sequel_of);
void fl_openreport_free(FlOpenReport *open);

/* Gives its report, with the frames, to the caller; it is of no more use then than to be freed. */
FlReport *fl_openreport_finish(FlOpenReport *open);

/* Reads the first line. True: there is no more to it. */
bool fl_openreport_first_line(FlOpenReport *open, const FlLine *line);

/* Reads a further one. True: that was the last. */
bool fl_openreport_line(FlOpenReport *open, const FlLine *line);

/* The caller that began it goes on, behind the stack of the CPU that it asked. */
void fl_openreport_take_back(FlOpenReport *open);

/* Whether the stack ended before this line, on kernels that do not say where it ends. */
bool fl_openreport_is_behind_stack(const FlOpenReport *open, const char *text);

/* Whether it may be without a stack, and none has come. */
bool fl_openreport_is_alone(const FlOpenReport *open);

/*
 * Whether it lacks a part when the log ends at that time with the line of that number: it stands in a
 * stack that would have said where it ends, or its line is the last and its stack is not over or has
 * not begun. A kernel that dies prints no end.
 */
bool fl_openreport_is_cut(const FlOpenReport *open, uint64_t now_us, unsigned now_number);
