// SPDX-License-Identifier: GPL-2.0-only
/*
 * KTAP out. A reason stands in a diagnostic line before its result, where every parser accepts it.
 */
#include "report/ktap_report.h"

#include <string.h>

/* Descriptions end at the line's end and `#` begins a directive: neither may come from a name. */
static char *one_line(const char *text)
{
	return g_strdelimit(g_strdup(text ? text : ""), "#\r\n", ' ');
}

static void append_result(GString *out, const char *indent, unsigned number, const char *name,
			  FlVerdictKind kind, const char *reason)
{
	bool ok = kind == FL_VERDICT_PASS || kind == FL_VERDICT_SKIP;
	g_autofree char *title = one_line(name);
	g_autofree char *why = one_line(reason);

	if (!ok)
		g_string_append_printf(out, "%s# %s: %s: %s\n", indent, title,
				       fl_verdict_name(kind), why);
	g_string_append_printf(out, "%s%s %u %s", indent, ok ? "ok" : "not ok", number, title);
	if (kind == FL_VERDICT_SKIP)
		g_string_append_printf(out, " # SKIP %s", why);
	g_string_append_c(out, '\n');
}

static void append_test(GString *out, unsigned number, const FlTestResult *test)
{
	if (test->cases->len) {
		g_autofree char *title = one_line(test->name);

		g_string_append_printf(out,
				       "    # Subtest: %s\n        KTAP version 1\n        1..%u\n",
				       title, test->cases->len);
		for (guint i = 0; i < test->cases->len; i++) {
			const FlCase *part = g_ptr_array_index(test->cases, i);

			append_result(out, "        ", i + 1, part->name, part->kind, part->reason);
		}
	}
	append_result(out, "    ", number, test->name, test->kind, test->reason);
}

static void append_guest(GString *out, unsigned number, const FlGuestRecord *guest)
{
	FlVerdictKind kind = guest->verdict ? guest->verdict->kind : FL_VERDICT_BROKEN;
	const char *reason = guest->verdict ? guest->verdict->reason : "the guest was not run";
	guint n = guest->verdict ? guest->verdict->tests->len : 0;

	g_string_append_printf(out, "# Subtest: %s\n    KTAP version 1\n    1..%u\n", guest->label,
			       n + 1);
	for (guint i = 0; i < n; i++)
		append_test(out, i + 1, g_ptr_array_index(guest->verdict->tests, i));
	append_result(out, "    ", n + 1, "kernel", kind, reason);
	append_result(out, "", number, guest->label, kind, reason);
}

char *fl_ktap_report(const FlRunRecord *record)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "KTAP version 1\n1..%u\n", record->guests->len);
	for (guint i = 0; i < record->guests->len; i++)
		append_guest(out, i + 1, g_ptr_array_index(record->guests, i));
	return g_string_free(out, FALSE);
}
