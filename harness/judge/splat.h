/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of the kernel to reports: where one begins and ends, its stack, its lock, its title and
 * signature. One collector reads the console, a second one the kernel's log on the wire.
 */
#pragma once

#include "judge/reports.h"

typedef struct FlSplats FlSplats;

/* rules is borrowed and must outlive the collector. */
FlSplats *fl_splats_new(const FlRules *rules);
void fl_splats_free(FlSplats *splats);

/* Where to note what was made of which line; both borrowed. file: how the log is called there. */
void fl_splats_explain(FlSplats *splats, FlExplain *explain, const char *file);

/* A line that is the kernel's own. Returns whether it belongs to a report, or to one let pass. */
bool fl_splats_line(FlSplats *splats, const FlLine *line);

/* How many reports [ignore] let pass, of which the kernel itself may have counted each as a warning. */
unsigned fl_splats_let_pass(const FlSplats *splats);

/* A report of one line that the rules do not know; takes over nothing. */
void fl_splats_add(FlSplats *splats, const char *kind, const FlLine *line, FlVerdictKind verdict);

/* Lines are missing here: what is open is no longer whole. */
void fl_splats_gap(FlSplats *splats);

/* Another kernel begins: closes what is open, and nothing goes on with it. */
void fl_splats_boot(FlSplats *splats);

/* Closes what is open. */
void fl_splats_end(FlSplats *splats);

/* Of FlReport, in the order of their first lines; open ones are not in it. */
const GPtrArray *fl_splats_reports(const FlSplats *splats);

/* Whether a report said, also one that is still open, that the kernel does not live on. */
const FlReport *fl_splats_death(const FlSplats *splats);
