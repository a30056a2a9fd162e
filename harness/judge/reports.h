/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reports of one log, each kept once, and how many are kept at all. Knows of none that is still
 * open.
 */
#pragma once

#include "judge/explain.h"
#include "judge/report.h"

/* So many different reports are kept; one of kind "surplus" stands for all further ones. */
#define FL_REPORTS_MAX 1000

typedef struct FlReports FlReports;

/* rules is borrowed and must outlive it. */
FlReports *fl_reports_new(const FlRules *rules);
void fl_reports_free(FlReports *reports);

/* As fl_splats_explain. */
void fl_reports_explain(FlReports *reports, FlExplain *explain, const char *file);

/*
 * Names a report that is whole by the rule (fl_report_name). Returns the one that stands for it from now
 * on: the report itself, which then belongs to reports; an earlier one of the same signature, which
 * counts it; or NULL, where it is one too many and only counted. In these two cases it stays the
 * caller's.
 *
 * first_death: it is the first that says that the kernel does not live on, and never one too many.
 */
FlReport *fl_reports_keep(FlReports *reports, FlReport *report, const FlRule *rule,
			  bool first_death) G_GNUC_WARN_UNUSED_RESULT;

/* No more will come: the surplus is one of them from now on, and they are in the order of their lines. */
void fl_reports_end(FlReports *reports);

/* Of FlReport. */
const GPtrArray *fl_reports_all(const FlReports *reports);
