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

static void append_block(GString *out, const char *when, const char *block)
{
	g_string_append_printf(out, "  %s: %s\n", when, block ? block : "(nothing more)");
}

static void append_trace(GString *out, const FlReplayText *guest)
{
	if (guest->trace_same) {
		g_string_append_printf(out,
				       "%s: the same trace: yes, %" G_GUINT64_FORMAT
				       " blocks, %" G_GUINT64_FORMAT " instructions\n",
				       guest->label, guest->blocks, guest->instructions);
		return;
	}
	g_string_append_printf(
		out,
		"%s: the same trace: no, first difference %s block %" G_GUINT64_FORMAT
		", after %" G_GUINT64_FORMAT " instructions\n",
		guest->label, guest->exact ? "in" : "not far behind", guest->blocks + 1,
		guest->instructions);
	if (guest->exact)
		append_block(out, "then", guest->block_then);
	else
		g_string_append(out, "  then: not known, a second pass did not come that way\n");
	append_block(out, "now ", guest->block_now);
}

static void append_vcpus(GString *out, unsigned vcpus)
{
	for (unsigned i = 0; vcpus >> i; i++)
		if (vcpus >> i & 1)
			g_string_append_printf(out, " %u", i);
}

static void append_functions(GString *out, const FlReplayText *guest)
{
	g_string_append_printf(
		out, "%s: functions with lines of the kernel's patches, as they first ran:\n",
		guest->label);
	for (guint i = 0; i < guest->functions->len; i++) {
		const FlPatchFunction *function = g_ptr_array_index(guest->functions, i);

		g_string_append_printf(out, "  %-28s %-24s", function->name, function->place);
		if (function->times) {
			g_string_append_printf(
				out, " first on vCPU %u, %" G_GUINT64_FORMAT " times, on vCPUs",
				function->first_vcpu, function->times);
			append_vcpus(out, function->vcpus);
		} else {
			g_string_append(out, " did not run");
		}
		g_string_append_c(out, '\n');
	}
	if (!guest->functions->len)
		g_string_append(out, "  none: its patches wrote no code that is in vmlinux\n");
	g_string_append_printf(out, "%s: in which order, from vCPU to vCPU: %s\n", guest->label,
			       guest->order);
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
	if (guest->traced)
		append_trace(out, guest);
	if (guest->functions)
		append_functions(out, guest);
	return g_string_free(out, FALSE);
}
