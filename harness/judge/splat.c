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

#include "judge/stack.h"

#include <string.h>

enum {
	REPORT_LINES_MAX = 600,
	FRAMES_MAX = 64,
	PREAMBLE_LINES = 8,  /* between "cut here" and the line that names the report */
	BRACKET_LINES = 200, /* a bracket of [ignore] that never closes ends here */
	OPEN_MAX = 16,	     /* more callers than that do not report at once */
};
#define SILENCE_US 2000000u

static const char cut_here[] = "------------[ cut here ]------------";

typedef struct {
	FlReport *report;
	const FlRule *rule;
	GPtrArray *frames;
	uint32_t caller;
	uint64_t last_us;
	unsigned n_lines;
	bool in_trace, traced, excused;
	bool stacked;	  /* a line of the trace came */
	bool task;	  /* the trace has <TASK>, so it will say where it ends */
	bool asked;	  /* another CPU was asked for its stack, which that one prints itself */
	bool promised;	  /* began right behind "cut here" */
	bool interrupted; /* the line before is perhaps not the stack's */
	bool among;	  /* in the part of a listing that the first line is about */
	bool named;	  /* the first frame is what `names` of the rule found */
	bool sequel;
	FlReport *sequel_of; /* borrowed; NULL if that was no report after all */
} Open;

/* Something of a caller that lasts until a line or so many lines later. */
typedef struct {
	bool active;
	bool gap;      /* lines are missing in it */
	bool promised; /* it was "cut here": a header must follow */
	bool once;     /* a bracket for one stack */
	bool whole;    /* ... for one report */
	uint32_t caller;
	unsigned left;
	const FlPattern *until;
	unsigned first_line;
	uint64_t stamp_us;
} Span;

struct FlSplats {
	const FlRules *rules;
	GPtrArray *open;	  /* of Open */
	GPtrArray *reports;	  /* of FlReport */
	GHashTable *by_signature; /* -> FlReport, borrowed */
	FlReport *surplus;	  /* stands for those beyond FL_SPLATS_MAX, NULL if none */
	Span preambles[OPEN_MAX]; /* after "cut here" or "=====", one a caller */
	unsigned n_preambles;	  /* those that may be active come first */
	Span bracket;
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

static void report_free(gpointer data)
{
	FlReport *report = data;

	fl_verdict_splat_free(report->splat);
	g_free(report->header);
	g_free(report);
}

FlSplats *fl_splats_new(const FlRules *rules)
{
	FlSplats *splats = g_new0(FlSplats, 1);

	splats->rules = rules;
	splats->open = g_ptr_array_new();
	splats->reports = g_ptr_array_new_with_free_func(report_free);
	splats->by_signature = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return splats;
}

void fl_splats_explain(FlSplats *splats, FlExplain *explain, const char *file)
{
	splats->explain = explain;
	splats->file = file;
}

const GPtrArray *fl_splats_reports(const FlSplats *splats)
{
	return splats->reports;
}

const FlReport *fl_splats_death(const FlSplats *splats)
{
	return splats->death;
}

static int by_first_line(gconstpointer a, gconstpointer b)
{
	const FlReport *left = *(FlReport *const *)a, *right = *(FlReport *const *)b;
	unsigned l = left->splat->first_line, r = right->splat->first_line;

	if (l != r)
		return l < r ? -1 : 1;
	return (left->stamp_us > right->stamp_us) - (left->stamp_us < right->stamp_us);
}

static void make_valid(char **text)
{
	char *valid = *text ? g_utf8_make_valid(*text, -1) : NULL;

	g_free(*text);
	*text = valid;
}

static void note_report(const FlSplats *splats, const FlSplat *splat)
{
	unsigned n_lines = splat->last_line - splat->first_line + 1;

	fl_explain_line(splats->explain, splats->file, splat->first_line,
			"a report of %u line%s: %s, by itself %s%s: %s [%s]", n_lines,
			n_lines == 1 ? "" : "s", splat->kind, fl_verdict_name(splat->verdict),
			splat->corrupted ? ", torn" : "", splat->title, splat->signature);
}

static FlReport *report_new(const char *kind, const FlLine *line, FlVerdictKind verdict)
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

/* Only counted: what tells it from all the others is not kept. */
static void count_surplus(FlSplats *splats, const FlReport *report)
{
	FlLine line = {.text = "further reports, all different, of which only the number is kept",
		       .number = report->splat->first_line,
		       .stamp_us = report->stamp_us};
	FlReport *surplus = splats->surplus;

	if (!surplus) {
		splats->surplus = surplus = report_new("surplus", &line, report->splat->verdict);
		surplus->splat->title = g_strdup(line.text);
		surplus->splat->signature = g_strdup_printf("surplus: %s |", line.text);
		surplus->splat->frames = g_new0(char *, 1);
	}
	surplus->splat->count++;
	surplus->splat->last_line = report->splat->last_line;
	surplus->splat->verdict = fl_verdict_worse(surplus->splat->verdict, report->splat->verdict);
	surplus->dies |= report->dies;
	surplus->last_us = report->last_us;
}

/* A report is gone, and another one stands for it, or none. */
static void stand_in(FlSplats *splats, const FlReport *gone, FlReport *instead)
{
	for (unsigned i = 0; i < splats->open->len; i++) {
		Open *open = splats->open->pdata[i];

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

/* The lines of one that came again are those of its first time. */
static void lengthen(const FlReport *report, unsigned last_line)
{
	if (report->splat->count <= 1)
		report->splat->last_line = MAX(report->splat->last_line, last_line);
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
static char *guilty_of(const FlSplats *splats, FlReport *report)
{
	FlSplat *splat = report->splat;
	g_autofree char *frame = fl_stack_frame_in(report->header);
	char *named[] = {frame, NULL}, *function = NULL;
	bool mixed = is_mixed(splat, frame);
	unsigned from = 0;

	splat->corrupted |= mixed;
	if (!mixed)
		function = fl_stack_guilty(splats->rules, splat->kind, splat->frames, &from);
	from = 0;
	return function ? function : fl_stack_guilty(splats->rules, splat->kind, named, &from);
}

/* Gives it title and signature, and counts it to an earlier one of the same signature. */
static void keep(FlSplats *splats, FlReport *report, const FlRule *rule)
{
	FlSplat *splat = report->splat;
	g_autofree char *function = NULL;
	FlReport *same;

	function = guilty_of(splats, report);
	splat->title =
		rule ? fl_rules_title(rule, report->header, function) : g_strdup(report->header);
	make_valid(&splat->title);
	make_valid(&splat->lock);
	splat->signature = fl_stack_signature(splats->rules, splat);
	splat->count = 1;
	note_report(splats, splat);
	same = g_hash_table_lookup(splats->by_signature, splat->signature);
	if (!same && (splats->reports->len < FL_SPLATS_MAX || splats->death == report)) {
		g_ptr_array_add(splats->reports, report);
		g_hash_table_insert(splats->by_signature, g_strdup(splat->signature), report);
		return;
	}
	if (same) {
		fl_explain_line(splats->explain, splats->file, splat->first_line,
				"the same as one before, which is the one that is kept");
		same->splat->count++;
		same->splat->verdict = fl_verdict_worse(same->splat->verdict, splat->verdict);
		same->dies |= report->dies;
	} else {
		count_surplus(splats, report);
	}
	stand_in(splats, report, same);
	report_free(report);
}

/* The report of something that a test asked for: none. */
static void excuse(FlSplats *splats, FlReport *report)
{
	fl_explain_line(splats->explain, splats->file, report->splat->first_line,
			"no report: a test asked for it");
	stand_in(splats, report, NULL);
	report_free(report);
}

static void end_sequel(const Open *open)
{
	if (open->sequel_of) {
		open->sequel_of->splat->corrupted |= open->report->splat->corrupted;
		open->sequel_of->last_us = MAX(open->sequel_of->last_us, open->last_us);
		lengthen(open->sequel_of, open->report->splat->last_line);
	}
	report_free(open->report);
}

static void close_report(FlSplats *splats, Open *open)
{
	splats->any_closed = true;
	splats->closed_caller = open->caller;
	splats->closed_us = open->report->last_us = open->last_us;
	splats->closed = open->sequel ? open->sequel_of : open->report;
	g_ptr_array_add(open->frames, NULL);
	open->report->splat->frames = (char **)g_ptr_array_free(open->frames, FALSE);
	if (open->sequel)
		end_sequel(open);
	else if (open->excused && splats->death != open->report)
		excuse(splats, open->report);
	else
		keep(splats, open->report, open->rule);
	g_ptr_array_remove(splats->open, open);
	g_free(open);
}

static void drop_preamble(FlSplats *splats, Span *preamble)
{
	FlLine line = {.text = "a report of the kernel without its header",
		       .number = preamble->first_line,
		       .stamp_us = preamble->stamp_us,
		       .caller = preamble->caller};

	if (preamble->active && preamble->promised) {
		FlReport *report = report_new("lost-header", &line, FL_VERDICT_FAIL);

		report->splat->corrupted = report->headless = true;
		report->last_us = splats->now_us;
		keep(splats, report, NULL);
	}
	preamble->active = false;
}

/*
 * Whether a report that is open when the log ends lacks a part: it stands in a stack that would
 * have said where it ends, or its line is the last and its stack is not over or has not begun. A
 * kernel that dies prints no end.
 */
static bool is_cut(const FlSplats *splats, const Open *open)
{
	if (splats->now_us > open->last_us + SILENCE_US || !open->rule->end)
		return false;
	if (open->in_trace && open->task)
		return true;
	if (splats->now_number != open->report->splat->last_line)
		return false;
	return open->in_trace ||
	       !(open->traced || open->stacked || open->named || open->report->dies);
}

void fl_splats_gap(FlSplats *splats)
{
	for (unsigned i = 0; i < splats->open->len; i++)
		((Open *)splats->open->pdata[i])->report->splat->corrupted = true;
	for (unsigned i = 0; i < splats->n_preambles; i++)
		splats->preambles[i].gap = true;
}

void fl_splats_boot(FlSplats *splats)
{
	for (unsigned i = 0; i < splats->n_preambles; i++)
		drop_preamble(splats, &splats->preambles[i]);
	while (splats->open->len) {
		Open *open = splats->open->pdata[0];

		open->report->splat->corrupted |= is_cut(splats, open);
		close_report(splats, open);
	}
	splats->bracket.active = splats->any_closed = false;
	splats->last = NULL;
}

void fl_splats_end(FlSplats *splats)
{
	fl_splats_boot(splats);
	if (splats->surplus)
		g_ptr_array_add(splats->reports, g_steal_pointer(&splats->surplus));
	g_ptr_array_sort(splats->reports, by_first_line);
}

void fl_splats_free(FlSplats *splats)
{
	if (!splats)
		return;
	fl_splats_end(splats);
	g_ptr_array_unref(splats->open);
	g_hash_table_unref(splats->by_signature);
	g_ptr_array_unref(splats->reports);
	g_free(splats);
}

static Open *open_of(const FlSplats *splats, const FlLine *line)
{
	for (unsigned i = 0; i < splats->open->len; i++) {
		Open *open = splats->open->pdata[i];

		if (open->caller == line->caller)
			return open;
	}
	return NULL;
}

/* The report that asked the CPU of this line for its stack goes on in that CPU's lines. */
static Open *adopt(const FlSplats *splats, const FlLine *line)
{
	if (line->text[0] != 'N' || !g_str_has_prefix(line->text, "NMI backtrace for cpu "))
		return NULL;
	for (unsigned i = 0; i < splats->open->len; i++) {
		Open *open = splats->open->pdata[i];

		if (!open->asked)
			continue;
		open->asked = false;
		open->caller = line->caller;
		return open;
	}
	return NULL;
}

/*
 * Kernels without <TASK> (arm64, before 5.16) indent their stacks and nothing behind them, and
 * decode_stacktrace.sh takes the indentation away. One line in a stack may be somebody else's, where
 * the console does not tell callers apart.
 */
static bool is_behind_stack(const Open *open, const char *text)
{
	if (!open->stacked || open->task || fl_stack_is_registers(text))
		return false;
	return (*text != ' ' || open->interrupted) && !fl_stack_is_inside(text);
}

/* On arm64 a stack begins with the place that was named before it. */
static bool is_said_again(const Open *open, const char *frame)
{
	return (open->report->splat->has_rip || open->named) && open->frames->len == 1 &&
	       fl_stack_is_same(open->frames->pdata[0], frame);
}

/* riscv says nothing before a stack, which begins with the place that was named before it. */
static bool begins_trace(const Open *open, const char *text)
{
	g_autofree char *frame = NULL;

	text += strspn(text, " ");
	if (g_str_has_prefix(text, "Call Trace:") || g_str_has_prefix(text, "Call trace:"))
		return true;
	frame = *text == '[' ? fl_stack_frame(text) : NULL;
	return frame && is_said_again(open, frame);
}

/* Where the CPU was; within a stack it is where an interrupt came in. */
static bool read_place(Open *open, const char *text)
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

/* Notes what a line says of the stack, and whether it is behind it. */
static void follow_stack(Open *open, const char *text)
{
	bool behind;

	open->stacked |= open->in_trace && (*text == ' ' || fl_stack_is_inside(text));
	open->task |= (*text == ' ' || *text == '<') && strstr(text, "<TASK>") != NULL;
	if (open->in_trace && (strstr(text, "</TASK>") || strstr(text, "RIP: 0033:")))
		open->in_trace = false;
	behind = open->in_trace && is_behind_stack(open, text);
	if (behind && (open->interrupted || !*text))
		open->in_trace = false;
	open->interrupted = behind;
}

static void read_trace(Open *open, const char *text)
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
static void read_name(Open *open, const FlLine *line)
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
		g_free(g_ptr_array_steal_index(open->frames, 0));
	g_ptr_array_insert(open->frames, 0, g_steal_pointer(&name));
	open->named = true;
}

static void add_line(FlSplats *splats, Open *open, const FlLine *line)
{
	FlSplat *splat = open->report->splat;

	splat->last_line = line->number;
	splat->corrupted |= line->torn;
	open->last_us = line->stamp_us;
	open->asked |=
		line->text[0] == 'S' && g_str_has_prefix(line->text, "Sending NMI from CPU ");
	if (!splat->lock && strcmp(splat->kind, "lockdep") == 0)
		splat->lock = fl_stack_lock(line->text);
	open->excused |=
		open->rule->unless && fl_pattern_matches(open->rule->unless, line->text, line->len);
	if (open->rule->names)
		read_name(open, line);
	read_trace(open, line->text);
	if (++open->n_lines >= REPORT_LINES_MAX ||
	    (open->rule->end && fl_pattern_matches(open->rule->end, line->text, line->len)))
		close_report(splats, open);
}

static bool span_holds(const Span *span, const FlLine *line)
{
	return span->active && span->caller == line->caller;
}

static Span *preamble_of(FlSplats *splats, const FlLine *line)
{
	for (unsigned i = 0; i < splats->n_preambles; i++) {
		if (span_holds(&splats->preambles[i], line))
			return &splats->preambles[i];
	}
	return NULL;
}

/* Takes the lines that follow until the rule's end. sequel_of: the report that they go on with, or NULL. */
static Open *begin_open(FlSplats *splats, const FlRule *rule, const FlLine *line,
			FlReport *sequel_of)
{
	Open *open = g_new0(Open, 1);

	open->report = report_new(rule->kind, line, rule->verdict);
	open->rule = rule;
	open->caller = line->caller;
	open->last_us = line->stamp_us;
	open->frames = g_ptr_array_new();
	open->sequel = sequel_of != NULL;
	open->sequel_of = sequel_of;
	g_ptr_array_add(splats->open, open);
	if (splats->open->len > OPEN_MAX)
		close_report(splats, splats->open->pdata[0]);
	return open;
}

static void take_first_line(FlSplats *splats, Open *open, const FlLine *line)
{
	if (open->rule->end || open->rule->bare_frames)
		read_trace(open, line->text);
	else
		close_report(splats, open);
}

static void open_report(FlSplats *splats, const FlRule *rule, const FlLine *line)
{
	Open *open = begin_open(splats, rule, line, NULL);
	FlReport *report = open->report;
	Span *preamble = preamble_of(splats, line);

	if (preamble) {
		report->splat->first_line = preamble->first_line;
		report->splat->corrupted |= preamble->gap;
		open->promised = preamble->promised;
		preamble->active = false;
	}
	fl_explain_line(splats->explain, splats->file, line->number, "[splat %s] begins at: %.160s",
			rule->name, line->text);
	if (splats->bracket.whole && span_holds(&splats->bracket, line)) {
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
static bool belongs_in(const FlRule *rule, const Open *open)
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
	       line->stamp_us - splats->closed_us <= SILENCE_US;
}

/* The report with which a line goes on: an open one, or the one before. */
static FlReport *earlier_of(const FlSplats *splats, const FlRule *rule, const Open *open,
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
	Open *open = begin_open(splats, rule, line, earlier);
	Span *preamble = preamble_of(splats, line);

	open->report->dies = rule->dies;
	if (preamble)
		preamble->active = false;
	take_first_line(splats, open, line);
}

/* A line that only goes on with an earlier report, e.g. the panic after an oops. */
static bool goes_on(FlSplats *splats, const FlRule *rule, Open *open, const FlLine *line)
{
	FlReport *earlier = earlier_of(splats, rule, open, line);

	if (!earlier)
		return false;
	fl_explain_line(splats->explain, splats->file, line->number,
			"[splat %s] goes on with the report before it: %.160s", rule->name,
			line->text);
	if (!rule->weak)
		earlier->splat->verdict = fl_verdict_worse(earlier->splat->verdict, rule->verdict);
	lengthen(earlier, line->number);
	if (rule->dies && !splats->death)
		splats->death = earlier;
	earlier->dies |= rule->dies;
	if (open)
		add_line(splats, open, line);
	else
		open_sequel(splats, rule, line, earlier);
	return true;
}

/* Counts a line of the caller; whether the span is over by it. */
static bool is_over(Span *span, const FlLine *line)
{
	return span_holds(span, line) &&
	       (span->left-- == 0 ||
		(span->until && fl_pattern_matches(span->until, line->text, line->len)));
}

static void step_spans(FlSplats *splats, const FlLine *line)
{
	for (unsigned i = 0; i < splats->n_preambles; i++) {
		if (is_over(&splats->preambles[i], line))
			drop_preamble(splats, &splats->preambles[i]);
	}
	if (is_over(&splats->bracket, line))
		splats->bracket.active = false;
}

/* A free place, or the oldest one's. */
static Span *new_preamble(FlSplats *splats, const FlLine *line)
{
	Span *mine = preamble_of(splats, line);

	for (unsigned i = 0; !mine && i < splats->n_preambles; i++) {
		if (!splats->preambles[i].active)
			mine = &splats->preambles[i];
	}
	if (!mine && splats->n_preambles < OPEN_MAX)
		mine = &splats->preambles[splats->n_preambles++];
	return mine ? mine : &splats->preambles[0];
}

static void begin_preamble(FlSplats *splats, const FlLine *line, unsigned left, bool promised)
{
	Span *preamble = new_preamble(splats, line);

	drop_preamble(splats, preamble);
	*preamble = (Span){.active = true,
			   .promised = promised,
			   .caller = line->caller,
			   .left = left,
			   .first_line = line->number,
			   .stamp_us = line->stamp_us};
}

/* "cut here" promises a header; "=====" may promise one. */
static bool take_preamble(FlSplats *splats, const FlLine *line)
{
	if (strcmp(line->text, cut_here) == 0) {
		begin_preamble(splats, line, PREAMBLE_LINES, true);
		return true;
	}
	if (line->text[0] == '=' && g_str_has_prefix(line->text, "==========")) {
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
static bool is_symbolized_again(const Open *open, const FlRule *rule)
{
	return open && open->rule == rule && !open->n_lines &&
	       g_str_has_suffix(open->report->header, " [inline]");
}

static void forget(FlSplats *splats, Open *open)
{
	stand_in(splats, open->report, NULL);
	report_free(open->report);
	g_ptr_array_add(open->frames, NULL);
	g_strfreev((char **)g_ptr_array_free(open->frames, FALSE));
	g_ptr_array_remove(splats->open, open);
	g_free(open);
}

/*
 * Another header of the same caller ends a report. It lacks a part where its stack was not over, and
 * perhaps where it has none and the two have one form: whose stack comes below?
 */
static void cut_off(FlSplats *splats, Open *open, const FlRule *next)
{
	open->report->splat->corrupted |=
		(open->in_trace && open->task) || (open->rule == next && !open->frames->len);
	close_report(splats, open);
}

static bool take_header(FlSplats *splats, Open *open, const FlLine *line)
{
	const FlRule *ignore = fl_rules_match(splats->rules, FL_RULE_IGNORE, line->text, line->len);
	const FlRule *rule;

	if (ignore && !(ignore->alone && open)) {
		fl_explain_line(splats->explain, splats->file, line->number,
				"no report: [ignore %s] %s", ignore->name, ignore->reason);
		splats->n_let_pass += ignore->end && !ignore->once;
		if (ignore->end)
			splats->bracket = (Span){.active = true,
						 .caller = line->caller,
						 .left = BRACKET_LINES,
						 .once = ignore->once,
						 .whole = ignore->whole,
						 .until = ignore->end};
		return true;
	}
	rule = fl_rules_match(splats->rules, FL_RULE_SPLAT, line->text, line->len);
	if (!rule)
		return false;
	if (rule->weak && span_holds(&splats->bracket, line)) {
		fl_explain_line(splats->explain, splats->file, line->number,
				"no report: part of what [ignore] let pass before");
		splats->bracket.active = !splats->bracket.once;
		return true;
	}
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
static bool end_before(FlSplats *splats, Open **open, const FlLine *line)
{
	bool silent = line->stamp_us > (*open)->last_us + SILENCE_US;
	bool behind = (*open)->rule->ends_with_stack && is_behind_stack(*open, line->text);

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
	       span_holds(&splats->bracket, line);
}

bool fl_splats_line(FlSplats *splats, const FlLine *line)
{
	Open *open = splats->open->len ? open_of(splats, line) : NULL;

	splats->now_us = line->stamp_us;
	splats->now_number = line->number;
	if (open && end_before(splats, &open, line))
		return true;
	if (!open && splats->open->len)
		open = adopt(splats, line);
	step_spans(splats, line);
	if (!open && (line->text[0] == '-' || line->text[0] == '=') && take_preamble(splats, line))
		return true;
	if (take_header(splats, open, line))
		return true;
	if (open)
		add_line(splats, open, line);
	/* Lines right after a report, of the same caller, are its tail (registers, modules). */
	return open || preamble_of(splats, line) || comes_after_one(splats, line) ||
	       is_let_pass(splats, line);
}

unsigned fl_splats_let_pass(const FlSplats *splats)
{
	return splats->n_let_pass;
}

void fl_splats_add(FlSplats *splats, const char *kind, const FlLine *line, FlVerdictKind verdict)
{
	keep(splats, report_new(kind, line, verdict), NULL);
}
