// SPDX-License-Identifier: GPL-2.0-only
/*
 * A replay in words. What a log holds may be anything and is made printable here.
 */
#include "report/replay_text.h"

#include "report/text.h"

static void append_line(GString *out, const char *when, const char *line)
{
	g_autofree char *plain = fl_text_plain(line);

	g_string_append_printf(out, "  %s: %s\n", when, line ? plain : "(nothing more)");
}

static void append_until(GString *out, const FlReplayText *guest)
{
	g_autofree char *wanted = fl_text_plain(guest->until);
	g_autofree char *found = fl_text_plain(guest->until_text);

	if (guest->until_line)
		g_string_append_printf(out, "%s: stopped at serial.log:%u: %s\n", guest->label,
				       guest->until_line, found);
	else
		g_string_append_printf(out, "%s: no line of the console has \"%s\"\n", guest->label,
				       wanted);
}

static void append_bytes(GString *out, const FlReplayText *guest)
{
	if (guest->same) {
		g_string_append_printf(
			out, "%s: the same bytes: yes, console and protocol%s\n", guest->label,
			guest->ended_by_us ? ", as far as both go: the guest was ended from outside"
					   : "");
		return;
	}
	g_string_append_printf(out, "%s: the same bytes: no, first difference in %s:%u\n",
			       guest->label, guest->file, guest->line);
	append_line(out, "then", guest->line_then);
	append_line(out, "now ", guest->line_now);
}

static void append_verdict(GString *out, const FlReplayText *guest)
{
	const char *then = guest->verdict_then ? guest->verdict_then : "not recorded";

	g_string_append_printf(out,
			       "%s: the verdict came back: %s, %s then, %s now\n"
			       "%s: its vCPUs ran in parallel: only the programs' choices repeat, "
			       "not the interleaving\n",
			       guest->label,
			       g_strcmp0(guest->verdict_then, guest->verdict_now) == 0 ? "yes"
										       : "no",
			       then, guest->verdict_now, guest->label);
}

char *fl_replay_text(const FlReplayText *guest)
{
	GString *out = g_string_new(NULL);

	if (guest->until)
		append_until(out, guest);
	if (guest->deterministic)
		append_bytes(out, guest);
	else if (!guest->until)
		append_verdict(out, guest);
	return g_string_free(out, FALSE);
}
