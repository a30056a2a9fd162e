/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jansson with cleanup, and the one way in which faultline writes JSON: keys sorted, two
 * spaces, a newline at the end, so that equal data are equal bytes. A file that grows has one value a
 * line instead.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Canonical text, caller frees with g_free. */
char *fl_json_text(const json_t *value);

/* Writes it atomically. */
bool fl_json_write(const char *path, const json_t *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads a file; the error names file, line and column. The caller owns the value. */
json_t *fl_json_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds it to a file as one line; what stands there is not touched. */
bool fl_json_append(const char *path, const json_t *value,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The values of such a file, an array. A last line without its end is of a writer that was killed: it
 * is cut off.
 */
json_t *fl_json_lines(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A JSON string from bytes that may not be UTF-8: what is not becomes U+FFFD. Never NULL. */
json_t *fl_json_string(const char *bytes);
/* The same; NULL becomes null. */
json_t *fl_json_string_or_null(const char *bytes);
/* An array of such strings; NULL is none. */
json_t *fl_json_strings(char *const *strings);

/* A member that is a string, for the caller to free; NULL where it is missing or of another type. */
char *fl_json_get_string(const json_t *object, const char *key);
