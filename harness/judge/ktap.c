// SPDX-License-Identifier: GPL-2.0-only
/*
 * The KTAP parser. One Level per depth of indentation; a result line at some depth takes what
 * is deeper with it. An outer "ok" over an inner "not ok" counts as failed.
 */
#include "judge/ktap.h"

#include <stdlib.h>
#include <string.h>

#define NO_REASON "it gave no reason"

enum { DEPTH_MAX = 8, CASES_MAX = 100000 };

typedef struct {
	long planned; /* -1: no plan yet */
	long seen;
	bool version;
	char *failed; /* the first failed result: its name, and why where that is known */
	char *problem;
	GHashTable *reasons; /* name -> sentence */
} Level;

struct FlKtap {
	FlKtapFn fn;
	gpointer data;
	Level levels[DEPTH_MAX];
	GPtrArray *pending[DEPTH_MAX]; /* of FlCase, waiting for the result one level up */
	size_t indent; /* blanks a level: 2 in ktap.rst, 4 in kselftest; the first seen decides */
	unsigned n_cases;
	char *bailed;
};

typedef struct {
	bool ok;
	unsigned number;
	char *name;
	char *directive; /* after " # ", NULL when there is none */
} ResultLine;

void fl_ktap_case_free(gpointer data)
{
	FlCase *one = data;

	g_free(one->name);
	g_free(one->reason);
	g_free(one);
}

static void level_reset(Level *level)
{
	g_free(level->failed);
	g_free(level->problem);
	if (level->reasons)
		g_hash_table_unref(level->reasons);
	*level = (Level){.planned = -1};
	level->reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

FlKtap *fl_ktap_new(FlKtapFn fn, gpointer data)
{
	FlKtap *ktap = g_new0(FlKtap, 1);

	ktap->fn = fn;
	ktap->data = data;
	for (unsigned i = 0; i < DEPTH_MAX; i++) {
		level_reset(&ktap->levels[i]);
		ktap->pending[i] = g_ptr_array_new_with_free_func(fl_ktap_case_free);
	}
	return ktap;
}

void fl_ktap_free(FlKtap *ktap)
{
	if (!ktap)
		return;
	for (unsigned i = 0; i < DEPTH_MAX; i++) {
		g_free(ktap->levels[i].failed);
		g_free(ktap->levels[i].problem);
		g_hash_table_unref(ktap->levels[i].reasons);
		g_ptr_array_unref(ktap->pending[i]);
	}
	g_free(ktap->bailed);
	g_free(ktap);
}

static bool starts_word(const char *text, const char *word)
{
	return g_ascii_strncasecmp(text, word, strlen(word)) == 0;
}

/* kselftest.h says "ok 1 # SKIP name". */
static void name_skipped(ResultLine *line)
{
	if (*line->name || !line->directive || !starts_word(line->directive, "SKIP"))
		return;
	g_free(line->name);
	line->name = g_strstrip(g_strdup(line->directive + strlen("SKIP")));
}

/* "ok 1 - name # SKIP why" */
static bool read_result(const char *text, ResultLine *ret_line)
{
	ResultLine line = {0};
	const char *end, *hash;

	if (g_str_has_prefix(text, "ok"))
		line.ok = true;
	else if (g_str_has_prefix(text, "not ok"))
		text += 4;
	else
		return false;
	text += 2;
	if (*text && *text != ' ')
		return false;
	text += strspn(text, " ");
	line.number =
		(unsigned)MIN(strtoul(g_ascii_isdigit(*text) ? text : "0", NULL, 10), G_MAXINT);
	text += strspn(text, "0123456789");
	text += strspn(text, " ");
	if (g_str_has_prefix(text, "- "))
		text += 2;
	hash = *text == '#' ? text : strstr(text, " #");
	end = hash ? hash : text + strlen(text);
	line.name = g_strstrip(g_strndup(text, (gsize)(end - text)));
	if (hash)
		line.directive = g_strstrip(g_strdup(strchr(hash, '#') + 1));
	name_skipped(&line);
	*ret_line = line;
	return true;
}

/* What the words after the hash make of a result; *ret_why points into the directive. */
static FlVerdictKind weigh(const ResultLine *line, const char **ret_why)
{
	const char *words = line->directive ? line->directive : "";
	size_t word = strcspn(words, " :");

	*ret_why = words + word + strspn(words + word, " :");
	if (starts_word(words, "SKIP"))
		return FL_VERDICT_SKIP;
	if ((starts_word(words, "TODO") || starts_word(words, "XFAIL")) && !line->ok)
		return FL_VERDICT_PASS;
	if (starts_word(words, "TIMEOUT") || starts_word(words, "ERROR")) {
		*ret_why = words;
		return FL_VERDICT_FAIL;
	}
	/* kselftest's runner says "# exit=1" behind what failed. */
	*ret_why = line->ok ? "" : words;
	return line->ok ? FL_VERDICT_PASS : FL_VERDICT_FAIL;
}

static void note_problem(Level *level, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void note_problem(Level *level, const char *format, ...)
{
	va_list args;

	if (level->problem)
		return;
	va_start(args, format);
	level->problem = g_strdup_vprintf(format, args);
	va_end(args);
}

static char *counts_problem(const Level *level)
{
	/* KUnit gives the cases of a parameterised test a version line and no plan. */
	if (level->planned < 0)
		return level->seen && !level->version ? g_strdup("there is no plan (1..N)") : NULL;
	if (level->seen != level->planned)
		return g_strdup_printf("%ld result%s came for a plan of %ld", level->seen,
				       level->seen == 1 ? "" : "s", level->planned);
	return NULL;
}

/* What is wrong with the results nested right below depth; NULL when nothing is. */
static char *inner_problem(const FlKtap *ktap, unsigned depth)
{
	const Level *inner = &ktap->levels[depth + 1];

	if (inner->problem)
		return g_strdup(inner->problem);
	return counts_problem(inner);
}

static void append_cases(GPtrArray *into, GPtrArray *from, const char *outer)
{
	for (unsigned i = 0; i < from->len; i++) {
		FlCase *one = from->pdata[i], *copy = g_new0(FlCase, 1);

		copy->name = g_strdup_printf("%s/%s", outer, one->name);
		copy->kind = one->kind;
		copy->reason = g_strdup(one->reason);
		g_ptr_array_add(into, copy);
	}
}

/* KUnit names the line that failed first, and counts afterwards. */
static bool names_a_line(const char *reason)
{
	return reason && strstr(reason, " FAILED at ");
}

static char *reason_for(FlKtap *ktap, unsigned depth, const ResultLine *line, const char *why)
{
	const Level *level = &ktap->levels[depth];
	const char *said = g_hash_table_lookup(level->reasons, line->name);
	const char *inner = depth + 1 < DEPTH_MAX ? ktap->levels[depth + 1].failed : NULL;

	if (*why)
		return g_strdup(why);
	if (inner && !names_a_line(said))
		return g_strdup_printf("its case %s", inner);
	return g_strdup(said ? said : NO_REASON);
}

/* Takes what is nested below depth into account: an inner fault spoils an outer "ok". */
static void weigh_inner(FlKtap *ktap, unsigned depth, FlVerdictKind *kind, char **reason)
{
	g_autofree char *problem = NULL;

	if (depth + 1 >= DEPTH_MAX || *kind != FL_VERDICT_PASS)
		return;
	problem = inner_problem(ktap, depth);
	if (!problem && !ktap->levels[depth + 1].failed)
		return;
	*kind = FL_VERDICT_FAIL;
	g_free(*reason);
	*reason = problem ? g_strdup_printf("it says ok, but among its cases %s", problem)
			  : g_strdup_printf("it says ok, but its case %s",
					    ktap->levels[depth + 1].failed);
}

static void forget_deeper(FlKtap *ktap, unsigned depth)
{
	for (unsigned i = depth + 1; i < DEPTH_MAX; i++) {
		level_reset(&ktap->levels[i]);
		g_ptr_array_set_size(ktap->pending[i], 0);
	}
}

static char *failure(const char *name, const char *reason)
{
	if (!*reason || strcmp(reason, NO_REASON) == 0)
		return g_strdup_printf("%s failed", name);
	return g_strdup_printf("%s failed: %s", name, reason);
}

static void count_result(FlKtap *ktap, unsigned depth, const ResultLine *line, FlVerdictKind kind,
			 const char *reason)
{
	Level *level = &ktap->levels[depth];

	level->seen++;
	if (line->number && (long)line->number != level->seen)
		note_problem(level, "result %u came where %ld was due", line->number, level->seen);
	if (kind == FL_VERDICT_FAIL && !level->failed)
		level->failed = failure(line->name, reason);
}

static void add_case(FlKtap *ktap, unsigned depth, ResultLine *line, FlVerdictKind kind,
		     char *reason)
{
	FlCase *one = g_new0(FlCase, 1);

	one->name = g_strdup(line->name);
	one->kind = kind;
	one->reason = reason;
	g_ptr_array_add(ktap->pending[depth], one);
	if (depth + 1 < DEPTH_MAX)
		append_cases(ktap->pending[depth], ktap->pending[depth + 1], line->name);
}

static void give_result(FlKtap *ktap, ResultLine *line, FlVerdictKind kind, char *reason)
{
	FlKtapResult result = {line->number, line->name, kind, reason, ktap->pending[1]};

	ktap->pending[1] = g_ptr_array_new_with_free_func(fl_ktap_case_free);
	ktap->fn(&result, ktap->data);
	g_ptr_array_unref(result.cases);
	g_free(reason);
}

static void take_result(FlKtap *ktap, unsigned depth, ResultLine *line)
{
	const char *why;
	FlVerdictKind kind = weigh(line, &why);
	char *reason;

	if (depth && ++ktap->n_cases > CASES_MAX) {
		note_problem(&ktap->levels[depth], "more than %d cases came", CASES_MAX);
		return;
	}
	reason = kind == FL_VERDICT_PASS ? g_strdup("") : reason_for(ktap, depth, line, why);
	weigh_inner(ktap, depth, &kind, &reason);
	count_result(ktap, depth, line, kind, reason);
	if (depth)
		add_case(ktap, depth, line, kind, reason);
	else
		give_result(ktap, line, kind, reason);
	forget_deeper(ktap, depth);
}

/* "# name: one sentence" */
static void take_diagnostic(FlKtap *ktap, unsigned depth, const char *text)
{
	const char *words = text + strspn(text, "# ");
	const char *colon = strstr(words, ": ");
	g_autofree char *name = NULL;

	if (!colon || colon == words || memchr(words, ' ', (size_t)(colon - words)))
		return;
	name = g_strndup(words, (gsize)(colon - words));
	if (!names_a_line(g_hash_table_lookup(ktap->levels[depth].reasons, name)))
		g_hash_table_replace(ktap->levels[depth].reasons, g_steal_pointer(&name),
				     g_strdup(colon + 2));
}

static void take_plan(Level *level, const char *text)
{
	char *end;
	unsigned long planned = strtoul(text, &end, 10);

	if (end == text || planned > G_MAXINT)
		return;
	if (level->planned >= 0)
		note_problem(level, "there are two plans");
	level->planned = (long)planned;
}

static bool is_structure(const char *text)
{
	return g_str_has_prefix(text, "KTAP ") || g_str_has_prefix(text, "1..") ||
	       g_str_has_prefix(text, "ok ") || g_str_has_prefix(text, "not ok ");
}

static unsigned depth_of(FlKtap *ktap, size_t blanks, const char *text)
{
	if (!blanks)
		return 0;
	if (!ktap->indent && is_structure(text))
		ktap->indent = blanks;
	return (unsigned)MIN(blanks / (ktap->indent ? ktap->indent : 4), DEPTH_MAX);
}

/* By its first byte: a bare log has its results among all that the kernel prints. */
static bool may_be_ktap(const char *text)
{
	return *text && strchr("KT1B#on", *text);
}

void fl_ktap_line(FlKtap *ktap, const char *line)
{
	size_t blanks = strspn(line, " ");
	const char *text = line + blanks;
	ResultLine result;
	unsigned depth;

	if (!may_be_ktap(text))
		return;
	depth = depth_of(ktap, blanks, text);
	if (depth >= DEPTH_MAX)
		return;
	if (g_str_has_prefix(text, "KTAP version ") || g_str_has_prefix(text, "TAP version ")) {
		ktap->levels[depth].version = true;
	} else if (g_str_has_prefix(text, "1..")) {
		take_plan(&ktap->levels[depth], text + 3);
	} else if (g_str_has_prefix(text, "Bail out!")) {
		if (!ktap->bailed)
			ktap->bailed = g_strstrip(g_strdup(text + strlen("Bail out!")));
	} else if (*text == '#') {
		take_diagnostic(ktap, depth, text);
	} else if (read_result(text, &result)) {
		take_result(ktap, depth, &result);
		g_free(result.name);
		g_free(result.directive);
	}
}

const char *fl_ktap_bailed(const FlKtap *ktap)
{
	return ktap->bailed;
}

char *fl_ktap_problem(const FlKtap *ktap)
{
	const Level *outer = &ktap->levels[0];

	if (!outer->version)
		return g_strdup("the results have no version line");
	if (outer->problem)
		return g_strdup(outer->problem);
	return outer->planned < 0 ? g_strdup("there is no plan (1..N)") : counts_problem(outer);
}
