// SPDX-License-Identifier: GPL-2.0-only
/*
 * The collector of reports. A report that is open takes the lines of the same caller (task or
 * CPU, where the console prints it), so that two CPUs may report at once; it closes at the end
 * that its rule names, at a new report of the same caller, or when the caller fell silent.
 *
 * What the kernel prints right behind a report about the same thing (a panic's own stack, the
 * stack of a stall's other CPU) is collected like a report, and then only lengthens that one.
 */
#include "judge/splat.h"

#include "judge/openreport.h"
#include "judge/span.h"

#include <string.h>

enum {
	PREAMBLE_LINES = 8,  /* between "cut here" and the line that names the report */
	BRACKET_LINES = 200, /* a bracket of [ignore] that never closes ends here */
	OPEN_MAX = 16,	     /* more callers than that do not report at once */
};

static const char cut_here[] = "------------[ cut here ]------------";

struct FlSplats {
	const FlRules *rules;
	GPtrArray *open; /* of FlOpenReport */
	FlReports *reports;
	FlSpans preambles; /* after "cut here" or "=====" */
	FlSpan bracket;
	bool bracket_ends;	/* this line was its last */
	unsigned n_let_pass;	/* whole reports that [ignore] names */
	uint32_t closed_caller; /* the last report that closed: its caller and time */
	uint64_t closed_us;
	uint64_t now_us; /* of the last line, of any caller */
	unsigned now_number;
	FlReport *last;	  /* the last report made, closed or not; borrowed, NULL if none */
	FlReport *closed; /* the last one that closed, likewise */
	const FlReport *death;
	bool any_closed;
	FlExplain *explain; /* or NULL */
	const char *file;
};

static void free_open(gpointer data)
{
	fl_openreport_free(data);
}

FlSplats *fl_splats_new(const FlRules *rules)
{
	FlSplats *splats = g_new0(FlSplats, 1);

	splats->rules = rules;
	splats->open = g_ptr_array_new_with_free_func(free_open);
	splats->reports = fl_reports_new(rules);
	return splats;
}

void fl_splats_explain(FlSplats *splats, FlExplain *explain, const char *file)
{
	splats->explain = explain;
	splats->file = file;
	fl_reports_explain(splats->reports, explain, file);
}

const GPtrArray *fl_splats_reports(const FlSplats *splats)
{
	return fl_reports_all(splats->reports);
}

const FlReport *fl_splats_death(const FlSplats *splats)
{
	return splats->death;
}

/* A report is gone, and another one stands for it, or none. */
static void stand_in(FlSplats *splats, const FlReport *gone, FlReport *instead)
{
	for (unsigned i = 0; i < splats->open->len; i++) {
		FlOpenReport *open = splats->open->pdata[i];

		if (open->sequel_of == gone)
			open->sequel_of = instead;
	}
	if (splats->last == gone)
		splats->last = instead;
	if (splats->closed == gone)
		splats->closed = instead;
	if (splats->death == gone)
		splats->death = instead;
}

static void keep(FlSplats *splats, FlReport *report, const FlRule *rule)
{
	FlReport *instead = fl_reports_keep(splats->reports, report, rule, splats->death == report);

	if (instead == report)
		return;
	stand_in(splats, report, instead);
	fl_report_free(report);
}

/* The report of something that a test asked for: none. */
static void excuse(FlSplats *splats, FlReport *report)
{
	fl_explain_line(splats->explain, splats->file, report->splat->first_line,
			"no report: a test asked for it");
	stand_in(splats, report, NULL);
	fl_report_free(report);
}

static void end_sequel(FlReport *part, FlReport *earlier)
{
	if (earlier) {
		earlier->splat->corrupted |= part->splat->corrupted;
		earlier->last_us = MAX(earlier->last_us, part->last_us);
		fl_report_lengthen(earlier, part->splat->last_line);
	}
	fl_report_free(part);
}

static void close_report(FlSplats *splats, FlOpenReport *open)
{
	FlReport *report = fl_openreport_finish(open);

	splats->any_closed = true;
	splats->closed_caller = report->caller;
	splats->closed_us = report->last_us;
	splats->closed = open->sequel ? open->sequel_of : report;
	if (open->sequel)
		end_sequel(report, open->sequel_of);
	else if (open->excused && splats->death != report)
		excuse(splats, report);
	else
		keep(splats, report, open->rule);
	g_ptr_array_remove(splats->open, open);
}

static void drop_preamble(FlSplats *splats, FlSpan *preamble)
{
	FlLine line = {.text = "a report of the kernel without its header",
		       .number = preamble->first_line,
		       .stamp_us = preamble->stamp_us,
		       .caller = preamble->caller};

	if (preamble->active && preamble->promised) {
		FlReport *report = fl_report_new("lost-header", &line, FL_VERDICT_FAIL);

		report->splat->corrupted = report->headless = true;
		report->last_us = splats->now_us;
		keep(splats, report, NULL);
	}
	preamble->active = false;
}

void fl_splats_gap(FlSplats *splats)
{
	for (unsigned i = 0; i < splats->open->len; i++)
		((FlOpenReport *)splats->open->pdata[i])->report->splat->corrupted = true;
	for (unsigned i = 0; i < splats->preambles.n; i++)
		splats->preambles.all[i].gap = true;
}

void fl_splats_boot(FlSplats *splats)
{
	for (unsigned i = 0; i < splats->preambles.n; i++)
		drop_preamble(splats, &splats->preambles.all[i]);
	while (splats->open->len) {
		FlOpenReport *open = splats->open->pdata[0];

		open->report->splat->corrupted |=
			fl_openreport_is_cut(open, splats->now_us, splats->now_number);
		close_report(splats, open);
	}
	splats->bracket.active = splats->any_closed = false;
	splats->last = NULL;
}

void fl_splats_end(FlSplats *splats)
{
	fl_splats_boot(splats);
	fl_reports_end(splats->reports);
}

void fl_splats_free(FlSplats *splats)
{
	if (!splats)
		return;
	fl_splats_end(splats);
	g_ptr_array_unref(splats->open);
	fl_reports_free(splats->reports);
	g_free(splats);
}

static FlOpenReport *open_of(const FlSplats *splats, const FlLine *line)
{
	for (unsigned i = 0; i < splats->open->len; i++) {
		FlOpenReport *open = splats->open->pdata[i];

		if (open->caller == line->caller)
			return open;
	}
	return NULL;
}

/* The report that asked the CPU of this line for its stack goes on in that CPU's lines. */
static FlOpenReport *adopt(const FlSplats *splats, const FlLine *line)
{
	if (line->text[0] != 'N' || !g_str_has_prefix(line->text, "NMI backtrace for cpu "))
		return NULL;
	for (unsigned i = 0; i < splats->open->len; i++) {
		FlOpenReport *open = splats->open->pdata[i];

		if (!open->asked)
			continue;
		open->asked = false;
		open->caller = line->caller;
		return open;
	}
	return NULL;
}

/* The CPU that was asked is done: who asked it goes on. */
static FlOpenReport *take_back(const FlSplats *splats, const FlLine *line)
{
	for (unsigned i = 0; i < splats->open->len; i++) {
		FlOpenReport *open = splats->open->pdata[i];

		if (open->report->caller == line->caller) {
			fl_openreport_take_back(open);
			return open;
		}
	}
	return NULL;
}

/* Takes the lines that follow until the rule's end. sequel_of: the report that they go on with, or NULL. */
static FlOpenReport *begin_open(FlSplats *splats, const FlRule *rule, const FlLine *line,
				FlReport *sequel_of)
{
	FlOpenReport *open = fl_openreport_new(rule, line, sequel_of);

	g_ptr_array_add(splats->open, open);
	if (splats->open->len > OPEN_MAX)
		close_report(splats, splats->open->pdata[0]);
	return open;
}

static void take_first_line(FlSplats *splats, FlOpenReport *open, const FlLine *line)
{
	if (fl_openreport_first_line(open, line))
		close_report(splats, open);
}

static void take_line(FlSplats *splats, FlOpenReport *open, const FlLine *line)
{
	if (fl_openreport_line(open, line))
		close_report(splats, open);
}

static void open_report(FlSplats *splats, const FlRule *rule, const FlLine *line)
{
	FlOpenReport *open = begin_open(splats, rule, line, NULL);
	FlReport *report = open->report;
	FlSpan *preamble = fl_spans_of(&splats->preambles, line);

	if (preamble) {
		report->splat->first_line = preamble->first_line;
		report->splat->corrupted |= preamble->gap;
		open->promised = preamble->promised;
		preamble->active = false;
	}
	fl_explain_line(splats->explain, splats->file, line->number, "[splat %s] begins at: %.160s",
			rule->name, line->text);
	if (splats->bracket.whole && fl_span_holds(&splats->bracket, line)) {
		open->excused = true;
		splats->bracket.active = false;
	}
	report->dies = rule->dies;
	report->splat->corrupted |= rule->tail;
	report->headless = rule->tail;
	if (rule->dies && !splats->death)
		splats->death = report;
	splats->last = report;
	take_first_line(splats, open, line);
}

/* Behind its stack a report takes only a panic, more of its kind, and what may be anywhere. */
static bool belongs_in(const FlRule *rule, const FlOpenReport *open)
{
	const char *kind = open->report->splat->kind;

	if (open->traced && !rule->dies && strcmp(rule->kind, kind) != 0 &&
	    !fl_rules_is_part_of(rule, "*"))
		return false;
	/* Two of one form behind "cut here" are two CPUs on a console that tells no callers. */
	return fl_rules_is_part_of(rule, kind) ||
	       (open->promised && open->rule != rule && fl_rules_is_part_of(rule, "cut-here"));
}

/* Whether the same caller's last report closed just now. */
static bool comes_after_one(const FlSplats *splats, const FlLine *line)
{
	return splats->any_closed && splats->closed_caller == line->caller &&
	       line->stamp_us - splats->closed_us <= FL_OPENREPORT_SILENCE_US;
}

/* The report with which a line goes on: an open one, or the one before. */
static FlReport *earlier_of(const FlSplats *splats, const FlRule *rule, const FlOpenReport *open,
			    const FlLine *line)
{
	FlReport *before = comes_after_one(splats, line) ? splats->closed : NULL;

	if (open)
		return belongs_in(rule, open) ? open->sequel ? open->sequel_of : open->report
					      : NULL;
	if (rule->dies && splats->last && fl_rules_is_part_of(rule, splats->last->splat->kind))
		return splats->last;
	return before && fl_rules_is_sequel_of(rule, before->splat->kind) ? before : NULL;
}

static void open_sequel(FlSplats *splats, const FlRule *rule, const FlLine *line, FlReport *earlier)
{
	FlOpenReport *open = begin_open(splats, rule, line, earlier);
	FlSpan *preamble = fl_spans_of(&splats->preambles, line);

	open->report->dies = rule->dies;
	if (preamble)
		preamble->active = false;
	take_first_line(splats, open, line);
}

/* A line that only goes on with an earlier report, e.g. the panic after an oops. */
static bool goes_on(FlSplats *splats, const FlRule *rule, FlOpenReport *open, const FlLine *line)
{
	FlReport *earlier = earlier_of(splats, rule, open, line);

	if (!earlier)
		return false;
	fl_explain_line(splats->explain, splats->file, line->number,
			"[splat %s] goes on with the report before it: %.160s", rule->name,
			line->text);
	if (!rule->weak)
		earlier->splat->verdict = fl_verdict_worse(earlier->splat->verdict, rule->verdict);
	fl_report_lengthen(earlier, line->number);
	if (rule->dies && !splats->death)
		splats->death = earlier;
	earlier->dies |= rule->dies;
	if (open)
		take_line(splats, open, line);
	else
		open_sequel(splats, rule, line, earlier);
	return true;
}

/* A report that was said to come, comes at once. */
static bool is_late(const FlSpan *bracket, const FlLine *line)
{
	return bracket->whole && line->stamp_us > bracket->stamp_us + FL_OPENREPORT_SILENCE_US;
}

static void step_spans(FlSplats *splats, const FlLine *line)
{
	for (unsigned i = 0; i < splats->preambles.n; i++) {
		if (fl_span_is_over(&splats->preambles.all[i], line))
			drop_preamble(splats, &splats->preambles.all[i]);
	}
	splats->bracket.active &= !is_late(&splats->bracket, line);
	splats->bracket_ends = fl_span_is_over(&splats->bracket, line);
	if (splats->bracket_ends)
		splats->bracket.active = false;
}

static void begin_preamble(FlSplats *splats, const FlLine *line, unsigned left, bool promised)
{
	FlSpan *preamble = fl_spans_place(&splats->preambles, line);

	drop_preamble(splats, preamble);
	*preamble = (FlSpan){.active = true,
			     .promised = promised,
			     .caller = line->caller,
			     .left = left,
			     .first_line = line->number,
			     .stamp_us = line->stamp_us};
}

static bool may_be_preamble(const FlLine *line)
{
	return line->text[0] == '-' || line->text[0] == '=' || line->text[0] == '8';
}

/*
 * "cut here" promises a header; "=====" may promise one, and what 32-bit arm prints may be about a
 * program, too.
 */
static bool take_preamble(FlSplats *splats, const FlLine *line)
{
	if (!may_be_preamble(line))
		return false;
	if (strcmp(line->text, cut_here) == 0) {
		begin_preamble(splats, line, PREAMBLE_LINES, true);
		return true;
	}
	if (g_str_has_prefix(line->text, "==========") ||
	    strcmp(line->text, "8<--- cut here ---") == 0) {
		begin_preamble(splats, line, 1, false);
		return true;
	}
	return false;
}

/* A panic prints the message again that another CPU had begun: same time, longer text. */
static bool is_replayed(const FlReport *report, const FlLine *line)
{
	return line->stamp_us && report->stamp_us == line->stamp_us &&
	       g_str_has_prefix(line->text, report->header);
}

/*
 * syzkaller tells a header whose function was inlined once for each function, the outermost last. That
 * line is the one which the kernel printed.
 */
static bool is_symbolized_again(const FlOpenReport *open, const FlRule *rule)
{
	return open && open->rule == rule && !open->n_lines &&
	       g_str_has_suffix(open->report->header, " [inline]");
}

static void forget(FlSplats *splats, FlOpenReport *open)
{
	stand_in(splats, open->report, NULL);
	g_ptr_array_remove(splats->open, open);
}

/*
 * Another header of the same caller ends a report. It lacks a part where its stack was not over, and
 * perhaps where it has none and the two have one form: whose stack comes below?
 */
static void cut_off(FlSplats *splats, FlOpenReport *open, const FlRule *next)
{
	bool lacks_stack = !open->frames->len && !fl_openreport_is_alone(open);

	open->report->splat->corrupted |=
		(open->in_trace && open->task) || (open->rule == next && lacks_stack);
	close_report(splats, open);
}

/* A rule of [ignore], and what comes until its end; "cut here" above it promised nothing else. */
static void let_pass(FlSplats *splats, const FlRule *ignore, const FlLine *line)
{
	FlSpan *preamble = fl_spans_of(&splats->preambles, line);

	fl_explain_line(splats->explain, splats->file, line->number, "no report: [ignore %s] %s",
			ignore->name, ignore->reason);
	if (!ignore->end)
		return;
	if (preamble)
		preamble->active = false;
	splats->n_let_pass += !ignore->once;
	splats->bracket = (FlSpan){.active = true,
				   .caller = line->caller,
				   .left = BRACKET_LINES,
				   .stamp_us = line->stamp_us,
				   .once = ignore->once,
				   .whole = ignore->whole,
				   .until = ignore->end};
}

/* A line that would be a report anywhere else. */
static bool is_in_bracket(FlSplats *splats, const FlRule *rule, const FlLine *line)
{
	if (!rule->weak || !(splats->bracket_ends || fl_span_holds(&splats->bracket, line)))
		return false;
	fl_explain_line(splats->explain, splats->file, line->number,
			"no report: part of what [ignore] let pass before");
	splats->bracket.active &= !splats->bracket.once;
	return true;
}

static bool take_header(FlSplats *splats, FlOpenReport *open, const FlLine *line)
{
	const FlRule *ignore, *rule;

	if (!fl_rules_may_match(splats->rules, line->text, line->len))
		return false;
	ignore = fl_rules_match(splats->rules, FL_RULE_IGNORE, line->text, line->len);
	if (ignore && !(ignore->alone && open)) {
		let_pass(splats, ignore, line);
		return true;
	}
	rule = fl_rules_match(splats->rules, FL_RULE_SPLAT, line->text, line->len);
	if (!rule)
		return false;
	if (is_in_bracket(splats, rule, line))
		return true;
	if (is_symbolized_again(open, rule)) {
		g_free(open->report->header);
		open->report->header = g_strdup(line->text);
		return true;
	}
	if (goes_on(splats, rule, open, line))
		return true;
	if (open && is_replayed(open->report, line))
		forget(splats, open);
	else if (open)
		cut_off(splats, open, rule);
	open_report(splats, rule, line);
	return true;
}

/* Whether a line is more than something that anybody may have said in between. */
static bool is_weighty(const FlSplats *splats, const FlLine *line)
{
	return !line->len || line->text[0] == '-' || line->text[0] == '=' ||
	       fl_rules_match(splats->rules, FL_RULE_IGNORE, line->text, line->len) ||
	       fl_rules_match(splats->rules, FL_RULE_SPLAT, line->text, line->len);
}

/*
 * Closes a report whose caller fell silent, or whose stack has ended, before this line: then *open is
 * NULL. True: the line is somebody else's in the middle of the stack, and there is no more to it.
 */
static bool end_before(FlSplats *splats, FlOpenReport **open, const FlLine *line)
{
	bool silent = line->stamp_us > (*open)->last_us + FL_OPENREPORT_SILENCE_US;
	bool behind =
		(*open)->rule->ends_with_stack && fl_openreport_is_behind_stack(*open, line->text);

	if (!silent && behind && !(*open)->interrupted && !is_weighty(splats, line)) {
		(*open)->interrupted = true;
		return true;
	}
	if (silent || behind) {
		close_report(splats, *open);
		*open = NULL;
	}
	return false;
}

/* A whole report that [ignore] names goes with all that it says; a stack only with its frames. */
static bool is_let_pass(const FlSplats *splats, const FlLine *line)
{
	return !splats->bracket.once && !splats->bracket.whole &&
	       fl_span_holds(&splats->bracket, line);
}

bool fl_splats_line(FlSplats *splats, const FlLine *line)
{
	FlOpenReport *open = splats->open->len ? open_of(splats, line) : NULL;

	splats->now_us = line->stamp_us;
	splats->now_number = line->number;
	if (open && end_before(splats, &open, line))
		return true;
	if (!open && splats->open->len)
		open = adopt(splats, line);
	if (!open && splats->open->len)
		open = take_back(splats, line);
	step_spans(splats, line);
	if (!open && take_preamble(splats, line))
		return true;
	if (take_header(splats, open, line))
		return true;
	if (open)
		take_line(splats, open, line);
	/* Lines right after a report, of the same caller, are its tail (registers, modules). */
	return open || fl_spans_of(&splats->preambles, line) || comes_after_one(splats, line) ||
	       is_let_pass(splats, line);
}

unsigned fl_splats_let_pass(const FlSplats *splats)
{
	return splats->n_let_pass;
}

void fl_splats_add(FlSplats *splats, const char *kind, const FlLine *line, FlVerdictKind verdict)
{
	keep(splats, fl_report_new(kind, line, verdict), NULL);
}
