/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An expression of Perl's (pcre2pattern(3)), and the plain text that every match of it holds: lines
 * are sifted by the text before the expression runs. Knows nothing of what is matched.
 *
 * A pattern keeps its last match: one thread at a time may use it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_PATTERN_ERROR fl_pattern_error_quark()
GQuark fl_pattern_error_quark(void);
typedef enum { FL_PATTERN_ERROR_INVALID } FlPatternError;

typedef struct FlExpression FlExpression;

typedef struct {
	FlExpression *expression;
	char *plain;	/* may be empty: then the expression always runs */
	size_t len;	/* of plain */
	size_t rarest;	/* where in plain the byte is that fewest lines have */
	uint64_t bytes; /* of plain, as fl_pattern_bytes has them */
	bool at_start;	/* plain stands at the start of the line */
	bool is_plain;	/* the expression says no more than plain does */
} FlPattern;

/* anchored: a match begins where the line begins, whether or not the expression says so with ^. */
FlPattern *fl_pattern_new(const char *expression, bool anchored,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_pattern_free(FlPattern *pattern);

/* Which bytes a text has, as bits by their value modulo 64. */
uint64_t fl_pattern_bytes(const char *text, size_t len);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlPattern, fl_pattern_free)

/* Whether it is a choice as a whole, as in "a|b": then nothing is held by every match of it. */
bool fl_pattern_has_choice(const char *expression);

/* Sifts by a text that a matching line holds somewhere, instead of that by which it begins. */
void fl_pattern_sift_by(FlPattern *pattern, const char *text);

/* text is NUL-terminated; len its length. False: it does not match; true is the expression's to say. */
bool fl_pattern_may_match(const FlPattern *pattern, const char *text, size_t len);
bool fl_pattern_matches(const FlPattern *pattern, const char *text, size_t len);

/* What the first group of its match is, NULL: no match. The caller frees. */
char *fl_pattern_group(const FlPattern *pattern, const char *text, size_t len);

/* The replacement with what the groups \0 to \9 are in it, NULL: no match. The caller frees. */
char *fl_pattern_expand(const FlPattern *pattern, const char *text, size_t len,
			const char *replacement);
