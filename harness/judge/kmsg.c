// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of kernel log records.
 */
#include "judge/kmsg.h"

#include "judge/lines.h"

#include <string.h>

static bool read_field(const char **at, char stop, uint64_t *ret_value)
{
	char *end;

	if (!g_ascii_isdigit(**at))
		return false;
	*ret_value = g_ascii_strtoull(*at, &end, 10);
	if (*end != stop)
		return false;
	*at = end + 1;
	return true;
}

/* The kernel writes what is not printable, and the backslash, as \xNN. */
static char *unescape(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	while (*text) {
		int high, low;

		if (text[0] == '\\' && text[1] == 'x' &&
		    (high = g_ascii_xdigit_value(text[2])) >= 0 &&
		    (low = g_ascii_xdigit_value(text[3])) >= 0) {
			if (high || low)
				g_string_append_c(out, (char)(high << 4 | low));
			text += 4;
		} else {
			g_string_append_c(out, *text++);
		}
	}
	return g_string_free(out, FALSE);
}

/* "T12" or "C1", numbered as in a printk prefix. */
static uint32_t read_caller(const char *flags, const char *end)
{
	const char *at = strstr(flags, "caller=");
	g_autofree char *prefix = NULL;
	FlLine line = {0};

	if (!at || at >= end)
		return 0;
	at += strlen("caller=");
	prefix = g_strdup_printf("[    0.000000][%.*s] ", (int)strcspn(at, ",;"), at);
	fl_lines_prefix(prefix, strlen(prefix), &line);
	return line.caller;
}

bool fl_kmsg_parse(const char *record, FlKmsg *ret_kmsg)
{
	uint64_t prefix, seq, stamp;
	const char *at = record, *text;

	if (!read_field(&at, ',', &prefix) || !read_field(&at, ',', &seq) ||
	    !read_field(&at, ',', &stamp))
		return false;
	text = strchr(at, ';');
	if (!text)
		return false;
	*ret_kmsg = (FlKmsg){.level = prefix & 7,
			     .facility = (unsigned)(prefix >> 3),
			     .seq = seq,
			     .stamp_us = stamp,
			     .caller = read_caller(at, text),
			     .text = unescape(text + 1)};
	return true;
}
