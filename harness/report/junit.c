// SPDX-License-Identifier: GPL-2.0-only
/*
 * JUnit XML. A test of the kernel that failed is a <failure>; one about which the harness could
 * not find out is an <error>, so that a CI page keeps the two apart.
 */
#include "report/junit.h"

#include <string.h>

/* XML 1.0 has no form at all for most control characters; g_markup would write some as entities. */
static char *clean(const char *text)
{
	char *valid = g_utf8_make_valid(text ? text : "", -1);

	for (char *c = valid; *c; c++)
		if ((unsigned char)*c < 0x20 && !strchr("\t\n", *c))
			*c = '?';
	return valid;
}

static void append_attr(GString *xml, const char *name, const char *value)
{
	g_autofree char *text = clean(value);
	g_autofree char *escaped = g_markup_escape_text(text, -1);

	g_string_append_printf(xml, " %s=\"%s\"", name, escaped);
}

static void append_problem(GString *xml, FlVerdictKind kind, const char *reason)
{
	const char *element = kind == FL_VERDICT_BROKEN ? "error" : "failure";

	if (kind == FL_VERDICT_PASS)
		return;
	if (kind == FL_VERDICT_SKIP) {
		g_string_append(xml, "      <skipped");
		append_attr(xml, "message", reason);
		g_string_append(xml, "/>\n");
		return;
	}
	g_string_append_printf(xml, "      <%s", element);
	append_attr(xml, "type", fl_verdict_name(kind));
	append_attr(xml, "message", reason);
	g_string_append(xml, "/>\n");
}

static void append_output(GString *xml, const FlTestResult *test)
{
	g_autofree char *text = NULL;
	g_autofree char *escaped = NULL;

	if (!test->output || test->output->len == 0)
		return;
	text = clean(test->output->str);
	escaped = g_markup_escape_text(text, -1);
	g_string_append_printf(xml, "      <system-out>%s</system-out>\n", escaped);
}

static void append_test(GString *xml, const FlGuestRecord *guest, const FlTestResult *test)
{
	char seconds[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(xml, "    <testcase");
	append_attr(xml, "classname", guest->label);
	append_attr(xml, "name", test->name);
	append_attr(xml, "time", g_ascii_formatd(seconds, sizeof(seconds), "%.3f", test->seconds));
	g_string_append(xml, ">\n");
	append_problem(xml, test->kind, test->reason);
	append_output(xml, test);
	g_string_append(xml, "    </testcase>\n");
}

static void append_attachment(GString *xml, const FlGuestRecord *guest, const char *dir,
			      const char *file)
{
	g_autofree char *path = g_build_filename(dir, guest->label, file, NULL);
	g_autofree char *text = clean(path);
	g_autofree char *escaped = g_markup_escape_text(text, -1);

	g_string_append_printf(xml, "[[ATTACHMENT|%s]]\n", escaped);
}

static void append_attachments(GString *xml, const FlGuestRecord *guest, const FlJunitFiles *files)
{
	if (!files)
		return;
	g_string_append(xml, "      <system-out>");
	for (const char *const *file = files->files; *file; file++)
		append_attachment(xml, guest, files->dir, *file);
	if (guest->verdict && guest->verdict->autopsy)
		append_attachment(xml, guest, files->dir, files->autopsy);
	g_string_append(xml, "</system-out>\n");
}

/* What the guest as a whole did wrong although, or because, no test says so. */
static void append_kernel(GString *xml, const FlGuestRecord *guest, const FlJunitFiles *files)
{
	g_string_append(xml, "    <testcase");
	append_attr(xml, "classname", guest->label);
	append_attr(xml, "name", "kernel");
	g_string_append(xml, " time=\"0\">\n");
	if (guest->verdict)
		append_problem(xml, guest->verdict->kind, guest->verdict->reason);
	else
		append_problem(xml, FL_VERDICT_BROKEN, "the guest was not run");
	append_attachments(xml, guest, files);
	g_string_append(xml, "    </testcase>\n");
}

static void append_guest(GString *xml, const FlGuestRecord *guest, const FlJunitFiles *files)
{
	guint n = guest->verdict ? guest->verdict->tests->len : 0;
	FlVerdictKind kind = guest->verdict ? guest->verdict->kind : FL_VERDICT_BROKEN;
	unsigned broken = fl_record_count(guest, FL_VERDICT_BROKEN) + (kind == FL_VERDICT_BROKEN);
	unsigned bad = fl_record_count(guest, FL_VERDICT_FAIL) +
		       fl_record_count(guest, FL_VERDICT_HANG) +
		       fl_record_count(guest, FL_VERDICT_CRASH) + (kind > FL_VERDICT_BROKEN);

	g_string_append(xml, "  <testsuite");
	append_attr(xml, "name", guest->label);
	g_string_append_printf(xml, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n",
			       n + 1, bad, broken, fl_record_count(guest, FL_VERDICT_SKIP));
	append_kernel(xml, guest, files);
	for (guint i = 0; i < n; i++)
		append_test(xml, guest, g_ptr_array_index(guest->verdict->tests, i));
	g_string_append(xml, "  </testsuite>\n");
}

char *fl_junit(const FlRunRecord *record, const FlJunitFiles *files)
{
	GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");

	append_attr(xml, "name", record->id);
	g_string_append(xml, ">\n");
	for (guint i = 0; i < record->guests->len; i++)
		append_guest(xml, g_ptr_array_index(record->guests, i), files);
	g_string_append(xml, "</testsuites>\n");
	return g_string_free(xml, FALSE);
}
