// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only way in which JSON is read and written: strict in, canonical out.
 */
#include "base/json.h"

#include "base/fs.h"

#include <gio/gio.h>
#include <string.h>

/* layout: JSON_INDENT, or 0 for one line. */
static char *dump(const json_t *value, size_t layout)
{
	char *text = json_dumps(value, JSON_SORT_KEYS | JSON_REAL_PRECISION(12) | layout);
	char *copy;

	g_assert(text);
	copy = g_strconcat(text, "\n", NULL);
	free(text);
	return copy;
}

char *fl_json_text(const json_t *value)
{
	return dump(value, JSON_INDENT(2));
}

bool fl_json_write(const char *path, const json_t *value, GError **error)
{
	g_autofree char *text = fl_json_text(value);

	return fl_fs_write(path, text, strlen(text), error);
}

/* before: lines of the file that stand before the text. */
static json_t *parse(const char *path, int before, const char *text, size_t len, GError **error)
{
	json_error_t where;
	json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);

	if (!value)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%d:%d: %s", path,
			    before + where.line, where.column, where.text);
	return value;
}

json_t *fl_json_read(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	size_t len;

	return fl_fs_read(path, &text, &len, error) ? parse(path, 0, text, len, error) : NULL;
}

bool fl_json_append(const char *path, const json_t *value, GError **error)
{
	g_autofree char *line = dump(value, 0);

	return fl_fs_append(path, line, strlen(line), error);
}

json_t *fl_json_lines(const char *path, GError **error)
{
	g_autoptr(json_t) values = json_array();
	g_autofree char *text = NULL;
	const char *line, *end;
	size_t len;
	int n = 0;

	if (!fl_fs_read(path, &text, &len, error))
		return NULL;
	for (line = text; (end = memchr(line, '\n', len - (size_t)(line - text))); line = end + 1) {
		json_t *value = parse(path, n++, line, (size_t)(end - line), error);

		if (!value)
			return NULL;
		json_array_append_new(values, value);
	}
	if (line < text + len && !fl_fs_cut(path, (size_t)(line - text), error))
		return NULL;
	return g_steal_pointer(&values);
}

json_t *fl_json_string(const char *bytes)
{
	g_autofree char *valid = g_utf8_make_valid(bytes, -1);

	return json_string(valid);
}

json_t *fl_json_string_or_null(const char *bytes)
{
	return bytes ? fl_json_string(bytes) : json_null();
}

json_t *fl_json_strings(char *const *strings)
{
	json_t *array = json_array();

	for (; strings && *strings; strings++)
		json_array_append_new(array, fl_json_string(*strings));
	return array;
}

char *fl_json_get_string(const json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}
