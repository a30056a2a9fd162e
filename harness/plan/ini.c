// SPDX-License-Identifier: GPL-2.0-only
/*
 * The strict INI reader. Format in the header. Keeps nothing: every pair goes to the callback.
 */
#include "plan/ini.h"

#include "base/fs.h"

#include <string.h>

G_DEFINE_QUARK(fl_ini_error_quark, fl_ini_error)

typedef struct {
	const char *path;
	unsigned line;
	char *section;	  /* NULL before the first */
	GHashTable *keys; /* of this section */
	FlIniFn fn;
	gpointer data;
} Reader;

static bool syntax_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool syntax_error(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(FL_INI_ERROR, FL_INI_ERROR_SYNTAX, format, args);
	va_end(args);
	return false;
}

static bool is_key(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && *text != '_' && *text != '-')
			return false;
	return true;
}

static bool read_section(Reader *reader, char *line, GError **error)
{
	size_t len = strlen(line);

	if (line[len - 1] != ']' || len < 3)
		return syntax_error(error, "a section reads [name], this line is \"%s\"", line);
	line[len - 1] = '\0';
	g_free(reader->section);
	reader->section = g_strdup(g_strstrip(line + 1));
	g_hash_table_remove_all(reader->keys);
	return reader->fn(reader->section, NULL, NULL, reader->line, reader->data, error);
}

static bool read_pair(Reader *reader, char *line, GError **error)
{
	char *eq = strchr(line, '=');
	const char *key, *value;

	if (!eq)
		return syntax_error(
			error, "expected [section], key = value or # comment, found \"%s\"", line);
	*eq = '\0';
	key = g_strstrip(line);
	value = g_strstrip(eq + 1);
	if (!is_key(key))
		return syntax_error(error, "\"%s\" is not a key (letters, digits, _ and -)", key);
	if (!reader->section)
		return syntax_error(error, "%s stands before the first [section]", key);
	if (!g_hash_table_add(reader->keys, g_strdup(key)))
		return syntax_error(error, "%s is given twice in [%s]", key, reader->section);
	return reader->fn(reader->section, key, value, reader->line, reader->data, error);
}

static bool read_line(Reader *reader, char *line, GError **error)
{
	g_strstrip(line);
	if (!*line || *line == '#')
		return true;
	if (*line == '[')
		return read_section(reader, line, error);
	return read_pair(reader, line, error);
}

bool fl_ini_parse(const char *text, size_t len, const char *path, FlIniFn fn, gpointer data,
		  GError **error)
{
	Reader reader = {.path = path, .fn = fn, .data = data};
	const char *end = text + len;
	bool ok = true;

	reader.keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	while (ok && text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((eol ? eol : end) - text);
		g_autofree char *line = g_strndup(text, n);

		reader.line++;
		ok = memchr(text, '\0', n) ? syntax_error(error, "the line has a NUL byte")
					   : read_line(&reader, line, error);
		text += n + 1;
	}
	if (!ok)
		g_prefix_error(error, "%s:%u: ", path, reader.line);
	g_free(reader.section);
	g_hash_table_destroy(reader.keys);
	return ok;
}

bool fl_ini_load(const char *path, FlIniFn fn, gpointer data, GError **error)
{
	g_autofree char *text = NULL;
	size_t len;

	return fl_fs_read(path, &text, &len, error) &&
	       fl_ini_parse(text, len, path, fn, data, error);
}

char **fl_ini_words(const char *value)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) parts = g_strsplit_set(value, " \t", -1);

	for (char **part = parts; *part; part++)
		if (**part)
			g_strv_builder_add(builder, *part);
	return g_strv_builder_end(builder);
}
