// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report's guilty function is its stack's, unless the stack is another report's.
 */
#include "judge/report.h"

#include "judge/stack.h"

#include <string.h>

FlReport *fl_report_new(const char *kind, const FlLine *line, FlVerdictKind verdict)
{
	FlReport *report = g_new0(FlReport, 1);

	report->splat = g_new0(FlSplat, 1);
	report->splat->kind = g_strdup(kind);
	report->splat->first_line = report->splat->last_line = line->number;
	report->splat->verdict = verdict;
	report->header = g_strdup(line->text);
	report->stamp_us = report->last_us = line->stamp_us;
	report->caller = line->caller;
	report->splat->corrupted = line->torn;
	return report;
}

void fl_report_lengthen(const FlReport *report, unsigned last_line)
{
	if (report->splat->count <= 1)
		report->splat->last_line = MAX(report->splat->last_line, last_line);
}

void fl_report_free(FlReport *report)
{
	fl_verdict_splat_free(report->splat);
	g_free(report->header);
	g_free(report);
}

static void make_valid(char **text)
{
	char *valid = *text ? g_utf8_make_valid(*text, -1) : NULL;

	g_free(*text);
	*text = valid;
}

/* Whether the place is not the one that the header names: another report got in between. */
static bool is_mixed(const FlSplat *splat, const char *named)
{
	g_autofree char *name = NULL, *place = NULL;

	if (!named || !splat->has_rip || !splat->frames[0])
		return false;
	name = fl_stack_function(named);
	place = fl_stack_function(splat->frames[0]);
	return strcmp(name, place) != 0;
}

/*
 * The guilty function, by the header if the stack has none (it was cut, or has only who reports) or is
 * another report's.
 */
static char *guilty_of(const FlReport *report, const FlRules *rules)
{
	FlSplat *splat = report->splat;
	g_autofree char *frame = fl_stack_frame_in(report->header);
	char *named[] = {frame, NULL}, *function = NULL;
	bool mixed = is_mixed(splat, frame);
	unsigned from = 0;

	splat->corrupted |= mixed;
	if (!mixed)
		function = fl_stack_guilty(rules, splat->kind, splat->frames, &from);
	from = 0;
	return function ? function : fl_stack_guilty(rules, splat->kind, named, &from);
}

void fl_report_name(FlReport *report, const FlRules *rules, const FlRule *rule)
{
	FlSplat *splat = report->splat;
	g_autofree char *function = guilty_of(report, rules);

	splat->title =
		rule ? fl_rules_title(rule, report->header, function) : g_strdup(report->header);
	make_valid(&splat->title);
	make_valid(&splat->lock);
	splat->signature = fl_stack_signature(rules, splat);
}
