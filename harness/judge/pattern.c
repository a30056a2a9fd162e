// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matching. Most lines match nothing, so what counts is how fast a line is refused: one memcmp
 * or memchr instead of an expression, for which GLib allocates whatever comes of it.
 */
#include "judge/pattern.h"

#include <string.h>

/* Bytes of a kernel's log, the commonest first; a byte that is not among them is rare. */
static const char COMMON[] = " 0e1tioa2nsr35674d8]9[:lcpmfu.ghb_+/-TyCvwEPS,=AMD()x";

static size_t commonness(char byte)
{
	const char *at = strchr(COMMON, byte);

	return at ? sizeof(COMMON) - (size_t)(at - COMMON) : 0;
}

static size_t find_rarest(const char *text)
{
	size_t rarest = 0;

	for (size_t i = 1; text[0] && text[i]; i++)
		if (commonness(text[i]) < commonness(text[rarest]))
			rarest = i;
	return rarest;
}

/* The plain characters with which every match of an expression begins; *ret_rest: what follows. */
static char *plain_of(const char *expression, const char **ret_rest)
{
	GString *out = g_string_new(NULL);
	const char *at;

	for (at = expression; *at; at++) {
		if (*at == '\\' && g_ascii_ispunct(at[1]))
			at++;
		else if (strchr(".*+?[](){}|^$\\", *at))
			break;
		g_string_append_c(out, *at);
	}
	if (out->len && *at && strchr("*?{", *at))
		g_string_truncate(out, out->len - 1);
	*ret_rest = at;
	return g_string_free(out, FALSE);
}

bool fl_pattern_has_choice(const char *expression)
{
	int depth = 0;
	bool in_class = false;

	for (const char *at = expression; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '[' || *at == ']')
			in_class = *at == '[';
		else if (in_class)
			continue;
		else if (*at == '(')
			depth++;
		else if (*at == ')')
			depth--;
		else if (*at == '|' && !depth)
			return true;
	}
	return false;
}

uint64_t fl_pattern_bytes(const char *text, size_t len)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < len; i++)
		bytes |= UINT64_C(1) << (text[i] & 63);
	return bytes;
}

static void take_plain(FlPattern *pattern, char *plain)
{
	g_free(pattern->plain);
	pattern->plain = plain;
	pattern->len = strlen(plain);
	pattern->rarest = find_rarest(plain);
	pattern->bytes = fl_pattern_bytes(plain, pattern->len);
}

FlPattern *fl_pattern_new(const char *expression, bool anchored, GError **error)
{
	GRegexCompileFlags flags =
		G_REGEX_RAW | G_REGEX_OPTIMIZE | (anchored ? G_REGEX_ANCHORED : 0);
	GRegex *regex = g_regex_new(expression, flags, 0, error);
	bool caret = *expression == '^';
	FlPattern *pattern;
	const char *rest;

	if (!regex)
		return NULL;
	pattern = g_new0(FlPattern, 1);
	pattern->regex = regex;
	pattern->at_start = anchored || caret;
	if (fl_pattern_has_choice(expression)) {
		take_plain(pattern, g_strdup(""));
		return pattern;
	}
	take_plain(pattern, plain_of(expression + caret, &rest));
	pattern->is_plain = !*rest;
	return pattern;
}

void fl_pattern_free(FlPattern *pattern)
{
	if (!pattern)
		return;
	g_regex_unref(pattern->regex);
	g_free(pattern->plain);
	g_free(pattern);
}

void fl_pattern_sift_by(FlPattern *pattern, const char *text)
{
	take_plain(pattern, g_strdup(text));
	pattern->at_start = pattern->is_plain = false;
}

/* memmem prepares itself anew for each line, which costs more than most lines are long. */
static bool holds(const FlPattern *pattern, const char *text, size_t len)
{
	const char *at = text + pattern->rarest, *end;

	if (!pattern->len || len < pattern->len)
		return !pattern->len;
	end = text + len - (pattern->len - pattern->rarest - 1);
	while (at < end && (at = memchr(at, pattern->plain[pattern->rarest], (size_t)(end - at)))) {
		if (memcmp(at - pattern->rarest, pattern->plain, pattern->len) == 0)
			return true;
		at++;
	}
	return false;
}

/* Lists of rules share their first byte, hardly ever the rarest one. */
static bool begins(const FlPattern *pattern, const char *text, size_t len)
{
	if (!pattern->len)
		return true;
	return len >= pattern->len && text[pattern->rarest] == pattern->plain[pattern->rarest] &&
	       memcmp(text, pattern->plain, pattern->len) == 0;
}

bool fl_pattern_matches(const FlPattern *pattern, const char *text, size_t len)
{
	if (pattern->at_start && !begins(pattern, text, len))
		return false;
	if (!pattern->at_start && !holds(pattern, text, len))
		return false;
	return pattern->is_plain || g_regex_match(pattern->regex, text, 0, NULL);
}

char *fl_pattern_group(const FlPattern *pattern, const char *text, size_t len)
{
	g_autoptr(GMatchInfo) info = NULL;

	if (!fl_pattern_matches(pattern, text, len) ||
	    !g_regex_match(pattern->regex, text, 0, &info))
		return NULL;
	return g_match_info_fetch(info, 1);
}
