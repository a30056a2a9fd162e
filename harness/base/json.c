// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only way in which JSON is read and written: strict in, canonical out.
 */
#include "base/json.h"

#include "base/fs.h"

#include <gio/gio.h>
#include <string.h>

char *fl_json_text(const json_t *value)
{
	char *text = json_dumps(value, JSON_SORT_KEYS | JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	char *copy;

	g_assert(text);
	copy = g_strconcat(text, "\n", NULL);
	free(text);
	return copy;
}

bool fl_json_write(const char *path, const json_t *value, GError **error)
{
	g_autofree char *text = fl_json_text(value);

	return fl_fs_write(path, text, strlen(text), error);
}

json_t *fl_json_read(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	json_error_t where;
	size_t len;
	json_t *value;

	if (!fl_fs_read(path, &text, &len, error))
		return NULL;
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!value)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%d:%d: %s", path,
			    where.line, where.column, where.text);
	return value;
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
