// SPDX-License-Identifier: GPL-2.0-only
/*
 * How stacks look where the kernel does not mark them, and which of a report's lines are its stack.
 */
#include "judge/openreport.h"

#include "judge/stack.h"

#include <string.h>

enum {
	REPORT_LINES_MAX = 600,
	STACK_LINES_MAX = 40, /* where there may be none: between the first line and it */
	FRAMES_MAX = 64
};

FlOpenReport *fl_openreport_new(const FlRule *rule, const FlLine *line, FlReport *sequel_of)
{
	FlOpenReport *open = g_new0(FlOpenReport, 1);

	open->report = fl_report_new(rule->kind, line, rule->verdict);
	open->rule = rule;
	open->caller = line->caller;
	open->header_line = line->number;
	open->last_us = line->stamp_us;
	open->frames = g_ptr_array_new_with_free_func(g_free);
	open->sequel = sequel_of != NULL;
	open->sequel_of = sequel_of;
	return open;
}

FlReport *fl_openreport_finish(FlOpenReport *open)
{
	FlReport *report = g_steal_pointer(&open->report);

	report->last_us = open->last_us;
	if (fl_openreport_is_alone(open))
		report->splat->last_line = open->header_line;
	g_ptr_array_add(open->frames, NULL);
	report->splat->frames = (char **)g_ptr_array_steal(open->frames, NULL);
	return report;
}

void fl_openreport_free(FlOpenReport *open)
{
	if (open->report)
		fl_report_free(open->report);
	g_ptr_array_unref(open->frames);
	g_free(open);
}

bool fl_openreport_is_alone(const FlOpenReport *open)
{
	return open->rule->maybe_stack && !open->traced;
}

bool fl_openreport_is_cut(const FlOpenReport *open, uint64_t now_us, unsigned now_number)
{
	const FlReport *report = open->report;

	if (now_us > open->last_us + FL_OPENREPORT_SILENCE_US || !open->rule->end)
		return false;
	if (open->in_trace && open->task)
		return true;
	if (fl_openreport_is_alone(open) && open->n_lines)
		return false;
	if (now_number != report->splat->last_line)
		return false;
	return open->in_trace || !(open->traced || open->stacked || open->named || report->dies);
}

void fl_openreport_take_back(FlOpenReport *open)
{
	open->caller = open->report->caller;
	open->in_trace = open->interrupted = false;
}

/*
 * Kernels without <TASK> (arm64, before 5.16) indent their stacks and nothing behind them, and
 * decode_stacktrace.sh takes the indentation away. One line in a stack may be somebody else's, where
 * the console does not tell callers apart.
 */
bool fl_openreport_is_behind_stack(const FlOpenReport *open, const char *text)
{
	if (!open->stacked || open->task || fl_stack_is_registers(text))
		return false;
	return (*text != ' ' || open->interrupted) && !fl_stack_is_inside(text);
}

/* On arm64 a stack begins with the place that was named before it. */
static bool is_said_again(const FlOpenReport *open, const char *frame)
{
	return (open->report->splat->has_rip || open->named) && open->frames->len == 1 &&
	       fl_stack_is_same(open->frames->pdata[0], frame);
}

/* riscv says nothing before a stack, which begins with the place that was named before it. */
static bool begins_trace(const FlOpenReport *open, const char *text)
{
	g_autofree char *frame = NULL;

	text += strspn(text, " ");
	if (g_str_has_prefix(text, "Call Trace:") || g_str_has_prefix(text, "Call trace:"))
		return true;
	frame = *text == '[' ? fl_stack_frame(text) : NULL;
	return frame && is_said_again(open, frame);
}

/* Where the CPU was; within a stack it is where an interrupt came in. */
static bool read_place(FlOpenReport *open, const char *text)
{
	char *frame = open->frames->len && !open->in_trace ? NULL : fl_stack_rip(text);

	if (!frame)
		return false;
	if (open->frames->len >= FRAMES_MAX) {
		g_free(frame);
		return true;
	}
	open->report->splat->has_rip |= !open->traced;
	g_ptr_array_add(open->frames, frame);
	return true;
}

/* Behind a stack of s390 stands one more address with its function, where the CPU has jumped from. */
static bool ends_trace(const char *text)
{
	return (strchr(text, '<') && strstr(text, "</TASK>")) ||
	       (strchr(text, ':') && (strstr(text, "RIP: 0033:") ||
				      g_str_has_prefix(text, "Last Breaking-Event-Address:")));
}

/* Notes what a line says of the stack, and whether it is behind it. */
static void follow_stack(FlOpenReport *open, const char *text)
{
	const char *mark = text;
	bool behind;

	while (*mark == ' ')
		mark++;
	open->stacked |= open->in_trace && (*text == ' ' || fl_stack_is_inside(text));
	open->task |= *mark == '<' && g_str_has_prefix(mark, "<TASK>");
	if (open->in_trace && ends_trace(text))
		open->in_trace = false;
	behind = open->in_trace && fl_openreport_is_behind_stack(open, text);
	if (behind && (open->interrupted || !*text))
		open->in_trace = false;
	open->interrupted = behind;
}

static void read_trace(FlOpenReport *open, const char *text)
{
	char *frame;

	if (read_place(open, text))
		return;
	if (!open->traced && begins_trace(open, text)) {
		open->in_trace = open->traced = true;
		return;
	}
	follow_stack(open, text);
	if ((!open->in_trace && !open->rule->bare_frames) || open->frames->len >= FRAMES_MAX)
		return;
	frame = fl_stack_frame(text);
	open->stacked |= frame && open->rule->ends_with_stack;
	if (frame && is_said_again(open, frame))
		g_free(frame);
	else if (frame)
		g_ptr_array_add(open->frames, frame);
}

/* A function that is to blame although no stack has it on top: it waits, or is another CPU's. */
static void read_name(FlOpenReport *open, const FlLine *line)
{
	const FlRule *rule = open->rule;
	g_autofree char *part = NULL, *name = NULL;

	part = rule->among ? fl_pattern_group(rule->among, line->text, line->len) : NULL;
	if (part)
		open->among = strstr(open->report->header, part) != NULL;
	if (!rule->among || open->among)
		name = fl_pattern_group(rule->names, line->text, line->len);
	if (!name || !*name)
		return;
	if (open->named)
		g_ptr_array_remove_index(open->frames, 0);
	g_ptr_array_insert(open->frames, 0, g_steal_pointer(&name));
	open->named = true;
}

static bool matches(const FlPattern *pattern, const FlLine *line)
{
	return pattern && fl_pattern_matches(pattern, line->text, line->len);
}

bool fl_openreport_first_line(FlOpenReport *open, const FlLine *line)
{
	if (!open->rule->end && !open->rule->bare_frames)
		return true;
	read_trace(open, line->text);
	return false;
}

static unsigned lines_max(const FlOpenReport *open)
{
	return fl_openreport_is_alone(open) ? STACK_LINES_MAX : REPORT_LINES_MAX;
}

bool fl_openreport_line(FlOpenReport *open, const FlLine *line)
{
	FlSplat *splat = open->report->splat;

	splat->last_line = line->number;
	splat->corrupted |= line->torn;
	open->last_us = line->stamp_us;
	open->asked |=
		line->text[0] == 'S' && g_str_has_prefix(line->text, "Sending NMI from CPU ");
	if (!splat->lock && strcmp(splat->kind, "lockdep") == 0)
		splat->lock = fl_stack_lock(line->text);
	open->excused |= matches(open->rule->unless, line);
	if (open->rule->names)
		read_name(open, line);
	read_trace(open, line->text);
	return ++open->n_lines >= lines_max(open) || matches(open->rule->end, line);
}
