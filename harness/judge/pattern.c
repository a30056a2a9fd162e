// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matching. Most lines match nothing, so what counts is how fast a line is refused: one memcmp
 * or memchr instead of an expression. PCRE2 itself and not GRegex, which allocates five times
 * for each match; the only caller of it.
 */
#include "judge/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

struct FlExpression {
	pcre2_code *code;
	pcre2_match_data *match;
};

G_DEFINE_QUARK(fl_pattern_error_quark, fl_pattern_error)

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

	/* Every line comes by here. */
#pragma GCC unroll 8
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

static void free_expression(FlExpression *expression)
{
	pcre2_match_data_free(expression->match);
	pcre2_code_free(expression->code);
	g_free(expression);
}

/* A text is one line, whatever bytes are in it. */
static FlExpression *compile(const char *text, bool anchored, GError **error)
{
	uint32_t options = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | (anchored ? PCRE2_ANCHORED : 0);
	unsigned char why[128];
	FlExpression *expression;
	PCRE2_SIZE at;
	int number;
	pcre2_code *code =
		pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &number, &at, NULL);

	if (!code) {
		pcre2_get_error_message(number, why, sizeof(why));
		g_set_error(error, FL_PATTERN_ERROR, FL_PATTERN_ERROR_INVALID,
			    "the expression %s is wrong at character %zu: %s", text, at,
			    (const char *)why);
		return NULL;
	}
	/* Where the machine has no JIT for it, pcre2_match interprets. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	expression = g_new0(FlExpression, 1);
	expression->code = code;
	expression->match = pcre2_match_data_create_from_pattern(code, NULL);
	return expression;
}

FlPattern *fl_pattern_new(const char *expression, bool anchored, GError **error)
{
	FlExpression *compiled = compile(expression, anchored, error);
	bool caret = *expression == '^';
	FlPattern *pattern;
	const char *rest;

	if (!compiled)
		return NULL;
	pattern = g_new0(FlPattern, 1);
	pattern->expression = compiled;
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
	free_expression(pattern->expression);
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
		const char *start = at++ - pattern->rarest;

		if (*start == *pattern->plain && memcmp(start, pattern->plain, pattern->len) == 0)
			return true;
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

bool fl_pattern_may_match(const FlPattern *pattern, const char *text, size_t len)
{
	return pattern->at_start ? begins(pattern, text, len) : holds(pattern, text, len);
}

/* Leaves where the groups are in the expression's match. */
static bool run(const FlPattern *pattern, const char *text, size_t len)
{
	return pcre2_match(pattern->expression->code, (PCRE2_SPTR)text, len, 0, 0,
			   pattern->expression->match, NULL) > 0;
}

bool fl_pattern_matches(const FlPattern *pattern, const char *text, size_t len)
{
	return fl_pattern_may_match(pattern, text, len) &&
	       (pattern->is_plain || run(pattern, text, len));
}

/* A group of the last match, empty when it took no part in it. */
static const char *group_of(const FlPattern *pattern, const char *text, unsigned group,
			    size_t *ret_len)
{
	pcre2_match_data *match = pattern->expression->match;
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
	size_t at = 2 * (size_t)group;

	if (group >= pcre2_get_ovector_count(match) || ends[at] == PCRE2_UNSET) {
		*ret_len = 0;
		return text;
	}
	*ret_len = ends[at + 1] - ends[at];
	return text + ends[at];
}

char *fl_pattern_group(const FlPattern *pattern, const char *text, size_t len)
{
	size_t group_len;
	const char *group;

	if (!fl_pattern_may_match(pattern, text, len) || !run(pattern, text, len))
		return NULL;
	group = group_of(pattern, text, 1, &group_len);
	return g_strndup(group, group_len);
}

char *fl_pattern_expand(const FlPattern *pattern, const char *text, size_t len,
			const char *replacement)
{
	GString *out;

	if (!run(pattern, text, len))
		return NULL;
	out = g_string_new(NULL);
	for (const char *at = replacement; *at; at++) {
		size_t group_len;
		const char *group;

		if (at[0] != '\\' || !g_ascii_isdigit(at[1])) {
			g_string_append_c(out, *at);
			continue;
		}
		group = group_of(pattern, text, (unsigned)(*++at - '0'), &group_len);
		g_string_append_len(out, group, (gssize)group_len);
	}
	return g_string_free(out, FALSE);
}
