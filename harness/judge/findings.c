// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging of reports. What the console tore is told as the kernel's log has it.
 */
#include "judge/findings.h"

#include <string.h>

static FlSplat *copy_splat(const FlSplat *splat)
{
	FlSplat *copy = g_memdup2(splat, sizeof(*splat));

	copy->kind = g_strdup(splat->kind);
	copy->title = g_strdup(splat->title);
	copy->signature = g_strdup(splat->signature);
	copy->lock = g_strdup(splat->lock);
	copy->frames = splat->frames ? g_strdupv(splat->frames) : g_new0(char *, 1);
	return copy;
}

static bool is_same(const FlReport *console, const FlReport *logged)
{
	if (strcmp(console->splat->signature, logged->splat->signature) == 0)
		return true;
	return strcmp(console->header, logged->header) == 0 &&
	       (console->stamp_us == logged->stamp_us || !console->stamp_us);
}

/*
 * Whether what is torn on the console is whole in the kernel's log: a report of the same caller at the
 * same time, and of the same kind unless the console lost the header.
 */
static bool heals(const FlReport *console, const FlReport *logged)
{
	return console->splat->corrupted && !logged->splat->corrupted && console->stamp_us &&
	       logged->caller == console->caller && logged->stamp_us <= console->last_us &&
	       logged->last_us >= console->stamp_us &&
	       (console->headless || strcmp(console->splat->kind, logged->splat->kind) == 0);
}

/* The whole report in the kernel's log for a torn one of the console, or that one itself. */
static const FlReport *whole(const FlReport *console, const GPtrArray *logged)
{
	for (unsigned i = 0; i < logged->len; i++)
		if (heals(console, logged->pdata[i]))
			return logged->pdata[i];
	return console;
}

/* How many of a report's count user space wrote itself. */
static unsigned forged(const FlReport *report, const FlKernlog *log)
{
	return MIN(fl_kernlog_user_wrote(log, report->header), report->splat->count);
}

static bool is_on_console(const GPtrArray *console, const FlReport *logged, const FlKernlog *log)
{
	for (unsigned i = 0; i < console->len; i++) {
		const FlReport *report = console->pdata[i];

		if ((is_same(report, logged) || heals(report, logged)) &&
		    report->splat->count > forged(report, log))
			return true;
	}
	return false;
}

/* What the report says, at the place and as often as the one that was found says. */
static void add(GArray *findings, const FlReport *found, const FlReport *report,
		const FlKernlog *log, unsigned n_forged, const FlSessionTest *running)
{
	const FlSessionTest *test = fl_kernlog_during(log, found->stamp_us, running);
	FlFinding finding = {.splat = copy_splat(report->splat),
			     .during = test ? test->result->name : NULL,
			     .dies = found->dies || report->dies};

	finding.splat->first_line = found->splat->first_line;
	finding.splat->last_line = found->splat->last_line;
	finding.splat->count = found->splat->count - n_forged;
	g_array_append_val(findings, finding);
}

GArray *fl_findings_merge(const GPtrArray *console, const FlKernlog *log,
			  const FlSessionTest *running)
{
	GArray *findings = g_array_new(FALSE, FALSE, sizeof(FlFinding));
	const GPtrArray *logged = fl_splats_reports(log->splats);

	for (unsigned i = 0; i < console->len; i++) {
		const FlReport *report = console->pdata[i];

		if (report->splat->count > forged(report, log))
			add(findings, report, whole(report, logged), log, forged(report, log),
			    running);
	}
	for (unsigned i = 0; i < logged->len; i++) {
		const FlReport *report = logged->pdata[i];

		if (!is_on_console(console, report, log))
			add(findings, report, report, log, 0, running);
	}
	return findings;
}
