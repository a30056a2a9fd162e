// SPDX-License-Identifier: GPL-2.0-only
/*
 * GitHub Actions' workflow commands and job summaries. Whatever a guest printed stays inside the
 * message or the table cell that it was put in. Knows nothing of the environment.
 */
#include "report/github.h"

#include "report/text.h"

#include <string.h>

/* GitHub undoes these escapes; in a property ':' and ',' would end it. */
static void append_escaped(GString *out, const char *text, bool is_property)
{
	g_autofree char *plain = fl_text_plain(text);

	for (const char *c = plain; *c; c++)
		if (strchr(is_property ? "%\r\n:," : "%\r\n", *c))
			g_string_append_printf(out, "%%%02X", (unsigned char)*c);
		else
			g_string_append_c(out, *c);
}

static void append_annotation(GString *out, FlVerdictKind kind, const char *guest, const char *what,
			      const char *reason)
{
	g_autofree char *title = g_strdup_printf("%s: %s: %s", fl_verdict_name(kind), guest, what);

	g_string_append(out, kind == FL_VERDICT_BROKEN ? "::warning title=" : "::error title=");
	append_escaped(out, title, true);
	g_string_append(out, "::");
	append_escaped(out, reason, false);
	g_string_append_c(out, '\n');
}

static bool is_good(FlVerdictKind kind)
{
	return kind == FL_VERDICT_PASS || kind == FL_VERDICT_SKIP;
}

typedef void (*Line)(GString *out, FlVerdictKind kind, const char *guest, const char *what,
		     const char *reason);

/* What was not good on a guest: the guest itself, its tests, its splats. */
static void each_problem(GString *out, const FlGuestRecord *guest, Line line)
{
	const FlVerdict *verdict = guest->verdict;

	if (!verdict) {
		line(out, FL_VERDICT_BROKEN, guest->label, "kernel", "the guest was not run");
		return;
	}
	if (!is_good(verdict->kind))
		line(out, verdict->kind, guest->label, "kernel", verdict->reason);
	for (guint i = 0; i < verdict->tests->len; i++) {
		const FlTestResult *test = g_ptr_array_index(verdict->tests, i);

		if (!is_good(test->kind))
			line(out, test->kind, guest->label, test->name, test->reason);
	}
	for (guint i = 0; i < verdict->splats->len; i++) {
		const FlSplat *splat = g_ptr_array_index(verdict->splats, i);

		if (!is_good(splat->verdict))
			line(out, splat->verdict, guest->label, splat->kind, splat->title);
	}
}

char *fl_github_annotations(const FlRunRecord *record)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < record->guests->len; i++)
		each_problem(out, g_ptr_array_index(record->guests, i), append_annotation);
	return g_string_free(out, FALSE);
}

/* Characters that mean something to Markdown, to HTML or to a table become references. */
static void append_markdown(GString *out, const char *text)
{
	g_autofree char *plain = fl_text_plain(text);

	for (const char *c = plain; *c; c++)
		if (*c == '\n')
			g_string_append_c(out, ' ');
		else if (strchr("|<>&`*_[]\\~#@!", *c))
			g_string_append_printf(out, "&#%u;", (unsigned char)*c);
		else
			g_string_append_c(out, *c);
}

static void append_row(GString *out, FlVerdictKind kind, const char *guest, const char *what,
		       const char *reason)
{
	g_string_append_printf(out, "| %s | ", fl_verdict_name(kind));
	append_markdown(out, guest);
	g_string_append(out, " | ");
	append_markdown(out, what);
	g_string_append(out, " | ");
	append_markdown(out, reason);
	g_string_append(out, " |\n");
}

static void append_guest(GString *out, const FlGuestRecord *guest)
{
	g_string_append_printf(
		out, "| %s | ",
		fl_verdict_name(guest->verdict ? guest->verdict->kind : FL_VERDICT_BROKEN));
	append_markdown(out, guest->label);
	g_string_append(out, " | ");
	append_markdown(out, guest->release);
	g_string_append_printf(out, " | %u | %u | %u |\n", fl_record_count(guest, FL_VERDICT_PASS),
			       fl_record_count(guest, FL_VERDICT_SKIP),
			       guest->verdict ? guest->verdict->splats->len : 0);
}

char *fl_github_summary(const FlRunRecord *record, const char *evidence)
{
	GString *out = g_string_new(NULL);
	GString *problems = g_string_new(NULL);

	g_string_append_printf(out, "### faultline: %s\n\n", fl_verdict_name(record->kind));
	append_markdown(out, record->reason);
	g_string_append(out, "\n\n| verdict | guest | release | passed | skipped | splats |\n"
			     "|---|---|---|---:|---:|---:|\n");
	for (guint i = 0; i < record->guests->len; i++) {
		append_guest(out, g_ptr_array_index(record->guests, i));
		each_problem(problems, g_ptr_array_index(record->guests, i), append_row);
	}
	if (problems->len > 0)
		g_string_append_printf(
			out, "\n| verdict | guest | what | reason |\n|---|---|---|---|\n%s",
			problems->str);
	g_string_append(out, "\nEvidence: ");
	append_markdown(out, evidence);
	g_string_append(out, "\n\n");
	g_string_free(problems, TRUE);
	return g_string_free(out, FALSE);
}
