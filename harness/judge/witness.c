// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two logs side by side: the first byte that differs, told as a line.
 */
#include "judge/witness.h"

#include <string.h>

/* The line around a byte; NULL behind the end. */
static char *line_at(const char *text, size_t len, size_t at)
{
	size_t first = at, last = at;
	char *line;

	if (at >= len)
		return NULL;
	while (first > 0 && text[first - 1] != '\n')
		first--;
	while (last < len && text[last] != '\n')
		last++;
	line = g_strndup(text + first, last - first);
	for (size_t i = 0; i < last - first; i++)
		if (!g_ascii_isprint(line[i]))
			line[i] = line[i] == '\r' && i + 1 == last - first ? '\0' : '?';
	return line;
}

void fl_witness_compare(const char *before, size_t before_len, const char *now, size_t now_len,
			FlWitness *ret_witness)
{
	size_t shorter = MIN(before_len, now_len), at = 0;

	*ret_witness = (FlWitness){.line = 1};
	while (at < shorter && before[at] == now[at])
		ret_witness->line += before[at++] == '\n';
	ret_witness->prefix = at == shorter;
	ret_witness->same = ret_witness->prefix && before_len == now_len;
	if (ret_witness->same) {
		ret_witness->line = 0;
		return;
	}
	ret_witness->before = line_at(before, before_len, at);
	ret_witness->now = line_at(now, now_len, at);
}

void fl_witness_clear(FlWitness *witness)
{
	g_clear_pointer(&witness->before, g_free);
	g_clear_pointer(&witness->now, g_free);
}
