// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports by their signatures. The surplus is one report, made when the first is one too many.
 */
#include "judge/reports.h"

#include <string.h>

struct FlReports {
	const FlRules *rules;
	GPtrArray *all;		  /* of FlReport */
	GHashTable *by_signature; /* -> FlReport, borrowed */
	FlReport *surplus;	  /* stands for those beyond FL_REPORTS_MAX, NULL if none */
	FlExplain *explain;	  /* or NULL */
	const char *file;
};

static void free_one(gpointer data)
{
	fl_report_free(data);
}

FlReports *fl_reports_new(const FlRules *rules)
{
	FlReports *reports = g_new0(FlReports, 1);

	reports->rules = rules;
	reports->all = g_ptr_array_new_with_free_func(free_one);
	reports->by_signature = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return reports;
}

void fl_reports_free(FlReports *reports)
{
	if (!reports)
		return;
	g_clear_pointer(&reports->surplus, fl_report_free);
	g_hash_table_unref(reports->by_signature);
	g_ptr_array_unref(reports->all);
	g_free(reports);
}

void fl_reports_explain(FlReports *reports, FlExplain *explain, const char *file)
{
	reports->explain = explain;
	reports->file = file;
}

const GPtrArray *fl_reports_all(const FlReports *reports)
{
	return reports->all;
}

static int by_first_line(gconstpointer a, gconstpointer b)
{
	const FlReport *left = *(FlReport *const *)a, *right = *(FlReport *const *)b;
	unsigned l = left->splat->first_line, r = right->splat->first_line;

	if (l != r)
		return l < r ? -1 : 1;
	return (left->stamp_us > right->stamp_us) - (left->stamp_us < right->stamp_us);
}

void fl_reports_end(FlReports *reports)
{
	if (reports->surplus)
		g_ptr_array_add(reports->all, g_steal_pointer(&reports->surplus));
	g_ptr_array_sort(reports->all, by_first_line);
}

static void note(const FlReports *reports, const FlSplat *splat)
{
	unsigned n_lines = splat->last_line - splat->first_line + 1;

	fl_explain_line(reports->explain, reports->file, splat->first_line,
			"a report of %u line%s: %s, by itself %s%s: %s [%s]", n_lines,
			n_lines == 1 ? "" : "s", splat->kind, fl_verdict_name(splat->verdict),
			splat->corrupted ? ", torn" : "", splat->title, splat->signature);
}

static FlReport *surplus_new(const FlReport *first)
{
	FlLine line = {.text = "further reports, all different, of which only the number is kept",
		       .number = first->splat->first_line,
		       .stamp_us = first->stamp_us};
	FlReport *surplus = fl_report_new("surplus", &line, first->splat->verdict);

	surplus->splat->title = g_strdup(line.text);
	surplus->splat->signature = g_strdup_printf("surplus: %s |", line.text);
	surplus->splat->frames = g_new0(char *, 1);
	return surplus;
}

/* Only counted: what tells it from all the others is not kept. */
static void count_surplus(FlReports *reports, const FlReport *report)
{
	FlReport *surplus = reports->surplus;

	if (!surplus)
		surplus = reports->surplus = surplus_new(report);
	surplus->splat->count++;
	surplus->splat->last_line = report->splat->last_line;
	surplus->splat->verdict = fl_verdict_worse(surplus->splat->verdict, report->splat->verdict);
	surplus->dies |= report->dies;
	surplus->last_us = report->last_us;
}

/* At the very same instant, too: somebody printed the log again. */
static bool is_copy(const FlReport *same, const FlReport *report)
{
	return report->stamp_us && report->stamp_us == same->stamp_us &&
	       report->caller == same->caller && strcmp(report->header, same->header) == 0;
}

static void count_again(const FlReports *reports, FlReport *same, const FlReport *report)
{
	bool copy = is_copy(same, report);

	fl_explain_line(reports->explain, reports->file, report->splat->first_line,
			copy ? "the same one, printed again"
			     : "the same as one before, which is the one that is kept");
	same->splat->count += !copy;
	same->splat->verdict = fl_verdict_worse(same->splat->verdict, report->splat->verdict);
	same->dies |= report->dies;
}

FlReport *fl_reports_keep(FlReports *reports, FlReport *report, const FlRule *rule,
			  bool first_death)
{
	const char *signature;
	FlReport *same;

	fl_report_name(report, reports->rules, rule);
	report->splat->count = 1;
	note(reports, report->splat);
	signature = report->splat->signature;
	same = g_hash_table_lookup(reports->by_signature, signature);
	if (same) {
		count_again(reports, same, report);
	} else if (reports->all->len < FL_REPORTS_MAX || first_death) {
		g_ptr_array_add(reports->all, report);
		g_hash_table_insert(reports->by_signature, g_strdup(signature), report);
		same = report;
	} else {
		count_surplus(reports, report);
	}
	return same;
}
