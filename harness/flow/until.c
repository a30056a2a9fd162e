// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits for a line of the console. Plain text, no pattern: what a user copies from a log.
 */
#include "flow/until.h"

#include <string.h>

/* No line that is worth waiting for is longer; of one that is, the beginning counts. */
#define LINE_MAX_BYTES 4096u

FlUntil *fl_until_new(const char *text)
{
	FlUntil *until = g_new0(FlUntil, 1);

	until->text = text;
	until->line = g_string_new(NULL);
	return until;
}

static void take(FlUntil *until, char byte)
{
	if (until->number == 0)
		until->number = 1;
	if (byte == '\n') {
		until->found = strstr(until->line->str, until->text) != NULL;
		if (until->found)
			return;
		g_string_truncate(until->line, 0);
		until->number++;
	} else if (byte != '\0' && byte != '\r' && until->line->len < LINE_MAX_BYTES) {
		g_string_append_c(until->line, byte);
	}
}

bool fl_until_feed(FlUntil *until, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !until->found; i++)
		take(until, bytes[i]);
	return until->found;
}

void fl_until_free(FlUntil *until)
{
	if (!until)
		return;
	g_string_free(until->line, TRUE);
	g_free(until);
}
