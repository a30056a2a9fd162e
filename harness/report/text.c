// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal's view of a record. Colour only where asked for; control characters that a guest
 * sent never reach the terminal.
 */
#include "report/text.h"

#include <string.h>

static const char *color_of(FlVerdictKind kind)
{
	switch (kind) {
	case FL_VERDICT_PASS:
		return "\033[32m";
	case FL_VERDICT_SKIP:
	case FL_VERDICT_BROKEN:
		return "\033[33m";
	case FL_VERDICT_FAIL:
	case FL_VERDICT_HANG:
	case FL_VERDICT_CRASH:
		break;
	}
	return "\033[31m";
}

char *fl_text_plain(const char *text)
{
	char *valid = g_utf8_make_valid(text ? text : "", -1);

	for (char *c = valid; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return valid;
}

static void append_colored(GString *out, FlVerdictKind kind, bool color, const char *word)
{
	g_string_append_printf(out, "%s%s%s", color ? color_of(kind) : "", word,
			       color ? "\033[0m" : "");
}

static void append_metrics(GString *out, const FlTestResult *test)
{
	for (guint i = 0; i < test->metrics->len; i++) {
		const FlMetric *metric = g_ptr_array_index(test->metrics, i);
		g_autofree char *name = fl_text_plain(metric->name);

		g_string_append_printf(out, metric->is_integer ? "%s%s %.0f" : "%s%s %.2f",
				       i ? ", " : "  ", name, metric->value);
	}
}

char *fl_text_test(const FlTestResult *test, bool color)
{
	static const char *const words[] = {"ok    ", "skip  ", "broken",
					    "FAIL  ", "HANG  ", "CRASH "};
	GString *out = g_string_new("  ");
	g_autofree char *name = fl_text_plain(test->name);
	g_autofree char *reason = fl_text_plain(test->reason);

	append_colored(out, test->kind, color, words[test->kind]);
	g_string_append_printf(out, " %-30s %6.2f s", name, test->seconds);
	if (test->kind == FL_VERDICT_PASS)
		append_metrics(out, test);
	else if (*reason)
		g_string_append_printf(out, "  %s", reason);
	return g_string_free(out, FALSE);
}

/* "WARNING at mm/memory.c:5381 in do_fault" is about the frame "do_fault mm/memory.c:5381". */
static bool is_guilty(const FlSplat *splat, const char *frame)
{
	g_autofree char *function = g_strndup(frame, strcspn(frame, " +"));
	g_autofree char *words = g_strconcat(" in ", function, NULL);

	return g_str_has_suffix(splat->title, words);
}

/* The line of the guilty frame, and every line that the kernel's patches wrote. */
static void append_source(GString *out, const FlSplat *splat, unsigned frame)
{
	const char *line = splat->source ? splat->source[frame] : "";
	g_autofree char *spaced = g_strdelimit(g_strdup(line), "\t", ' ');
	g_autofree char *text = NULL;

	if (!*line || (*line != '+' && !is_guilty(splat, splat->frames[frame])))
		return;
	text = fl_text_plain(g_strstrip(spaced + 1));
	g_string_append_printf(out, "\n          %c %s", *line, text);
}

static void append_frames(GString *out, const FlSplat *splat)
{
	for (unsigned i = 0; splat->frames && splat->frames[i] && i < 6; i++) {
		g_autofree char *frame = fl_text_plain(splat->frames[i]);

		g_string_append_printf(out, "\n        %s", frame);
		append_source(out, splat, i);
	}
}

static void append_splat(GString *out, const FlGuestRecord *guest, const FlSplat *splat)
{
	g_autofree char *title = fl_text_plain(splat->title);

	/* A bare log is its guest's label. Line 0: the console lost it, the copy on the wire has it. */
	if (!guest->tests)
		g_string_append_printf(out, "\n    %s:%u: %s", guest->label, splat->first_line,
				       title);
	else if (splat->first_line)
		g_string_append_printf(out, "\n    %s/serial.log:%u: %s", guest->label,
				       splat->first_line, title);
	else
		g_string_append_printf(out, "\n    %s/wire.log: %s", guest->label, title);
	if (splat->count > 1)
		g_string_append_printf(out, " (%u times)", splat->count);
	append_frames(out, splat);
	if (splat->lock) {
		g_autofree char *lock = fl_text_plain(splat->lock);

		g_string_append_printf(out, "\n        lock: %s", lock);
	}
}

static void append_counts(GString *out, const FlGuestRecord *guest)
{
	unsigned skipped = fl_record_count(guest, FL_VERDICT_SKIP);

	g_string_append_printf(out, "  %u of %u tests passed",
			       fl_record_count(guest, FL_VERDICT_PASS), guest->verdict->tests->len);
	if (skipped)
		g_string_append_printf(out, ", %u skipped", skipped);
	g_string_append_printf(out, ", %.1f s", guest->total_ms / 1000);
}

char *fl_text_guest(const FlGuestRecord *guest, bool color)
{
	const FlVerdict *verdict = guest->verdict;
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%-20s ", guest->label);
	if (!verdict) {
		g_string_append(out, "was not run");
		return g_string_free(out, FALSE);
	}
	append_colored(out, verdict->kind, color, fl_verdict_name(verdict->kind));
	/* A bare log without results of tests has nothing to count. */
	if (guest->tests || verdict->tests->len)
		append_counts(out, guest);
	for (guint i = 0; i < verdict->splats->len; i++)
		append_splat(out, guest, g_ptr_array_index(verdict->splats, i));
	if (verdict->hang) {
		g_autofree char *hang = fl_text_plain(verdict->hang);

		g_string_append_printf(out, "\n    hang: %s", hang);
	}
	return g_string_free(out, FALSE);
}

char *fl_text_conclusion(const FlRunRecord *record, const char *evidence, bool color)
{
	GString *out = g_string_new(NULL);
	g_autofree char *reason = fl_text_plain(record->reason);

	append_colored(out, record->kind, color, fl_verdict_name(record->kind));
	g_string_append_printf(out, ": %s\nevidence: %s\n", reason, evidence);
	if (*record->command)
		g_string_append_printf(out, "again:    %s\n", record->command);
	return g_string_free(out, FALSE);
}
