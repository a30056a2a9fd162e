/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strict INI reader behind plans, disk recipes and splat rules. GKeyFile is not used because
 * it lets a repeated key win in silence and gives no line numbers.
 *
 * Lines: `[section]`, `key = value`, `# comment`, blank. Keys are [A-Za-z0-9_-]+. Blanks around
 * keys and values do not count; the value is the rest of the line as it is, `#` included. A key
 * before the first section, a repeated key in a section, a NUL byte, or a line of any other form
 * is an error "file:line: ...". A repeated section is the callback's business.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define FL_INI_ERROR fl_ini_error_quark()
GQuark fl_ini_error_quark(void);
typedef enum { FL_INI_ERROR_SYNTAX } FlIniError;

/*
 * section: the text between the brackets. key: NULL when the section begins, then value is NULL.
 * On false the callback has set an error without place; the reader puts "file:line: " before it.
 */
typedef bool (*FlIniFn)(const char *section, const char *key, const char *value, unsigned line,
			gpointer data, GError **error);

bool fl_ini_parse(const char *text, size_t len, const char *path, FlIniFn fn, gpointer data,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads the file and parses it. */
bool fl_ini_load(const char *path, FlIniFn fn, gpointer data,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A value split at blanks; never NULL, no empty words. */
char **fl_ini_words(const char *value);
