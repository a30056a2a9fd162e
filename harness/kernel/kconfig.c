// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments in, wishes out, and the comparison of wishes with a finished .config. kconfig drops
 * a wish whose dependencies are not met without a word, so every one is looked up afterwards.
 */
#include "kernel/kconfig.h"

#include "base/fs.h"
#include "kernel/kcache.h"

#include <string.h>

static const char NOT_SET[] = " is not set";

static void wish_free(FlKconfigWish *wish)
{
	g_free(wish->symbol);
	g_free(wish->value);
	g_free(wish->file);
	g_free(wish);
}

static bool is_symbol(const char *text)
{
	return g_str_has_prefix(text, "CONFIG_") && text[7] &&
	       text[strspn(text,
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ==
		       '\0';
}

static bool is_value(const char *text)
{
	size_t len = strlen(text);

	if (*text == '"')
		return len >= 2 && text[len - 1] == '"';
	if (g_str_equal(text, "y") || g_str_equal(text, "m") || g_str_equal(text, "n"))
		return true;
	if (g_str_has_prefix(text, "0x"))
		return len > 2 && strspn(text + 2, "0123456789abcdefABCDEF") == len - 2;
	if (*text == '-')
		text++;
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* "CONFIG_X=value" or "# CONFIG_X is not set"; false for any other line. */
static bool split_line(const char *line, char **ret_symbol, char **ret_value)
{
	const char *eq = strchr(line, '=');
	g_autofree char *symbol = NULL;
	g_autofree char *value = NULL;

	if (g_str_has_prefix(line, "# CONFIG_") && g_str_has_suffix(line, NOT_SET)) {
		symbol = g_strndup(line + 2, strlen(line) - 2 - strlen(NOT_SET));
		value = g_strdup("n");
	} else if (eq) {
		symbol = g_strndup(line, (gsize)(eq - line));
		value = g_strdup(eq + 1);
	} else {
		return false;
	}
	if (!is_symbol(symbol) || !is_value(value))
		return false;
	*ret_symbol = g_steal_pointer(&symbol);
	*ret_value = g_steal_pointer(&value);
	return true;
}

/* "# CONFIG_FOO is not set" is a wish; "# CONFIG_FOO is unset" is a mistake and not a comment. */
static bool is_comment(const char *line)
{
	return !*line || (*line == '#' && !g_str_has_prefix(line, "# CONFIG_"));
}

static bool add_wish(GHashTable *wishes, FlKconfigWish *wish, const char *path, GError **error)
{
	const FlKconfigWish *old = g_hash_table_lookup(wishes, wish->symbol);

	if (old && g_str_equal(old->file, path) && !g_str_equal(old->value, wish->value)) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG,
			    "%s:%u: %s is wanted as %s here and as %s in line %u", path, wish->line,
			    wish->symbol, wish->value, old->value, old->line);
		wish_free(wish);
		return false;
	}
	g_hash_table_replace(wishes, wish->symbol, wish);
	return true;
}

static bool load_one(GHashTable *wishes, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) cause = NULL;

	if (!fl_fs_read(path, &text, NULL, &cause)) {
		g_set_error_literal(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG, cause->message);
		return false;
	}
	lines = g_strsplit(text, "\n", -1);
	for (unsigned i = 0; lines[i]; i++) {
		const char *line = g_strstrip(lines[i]);
		g_autofree FlKconfigWish *wish = NULL;

		if (is_comment(line))
			continue;
		wish = g_new0(FlKconfigWish, 1);
		if (!split_line(line, &wish->symbol, &wish->value)) {
			g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG,
				    "%s:%u: \"%s\" is no configuration line; expected "
				    "CONFIG_NAME=value or "
				    "\"# CONFIG_NAME is not set\"",
				    path, i + 1, line);
			return false;
		}
		wish->file = g_strdup(path);
		wish->line = i + 1;
		if (!add_wish(wishes, g_steal_pointer(&wish), path, error))
			return false;
	}
	return true;
}

static gint compare_wishes(gconstpointer a, gconstpointer b)
{
	const FlKconfigWish *const *left = a;
	const FlKconfigWish *const *right = b;

	return strcmp((*left)->symbol, (*right)->symbol);
}

GPtrArray *fl_kconfig_load(const char *const *fragments, GError **error)
{
	g_autoptr(GHashTable) wishes =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)wish_free);
	GPtrArray *sorted;
	GHashTableIter iter;
	gpointer wish;

	for (; fragments && *fragments; fragments++)
		if (!load_one(wishes, *fragments, error))
			return NULL;
	sorted = g_ptr_array_new_with_free_func((GDestroyNotify)wish_free);
	g_hash_table_iter_init(&iter, wishes);
	while (g_hash_table_iter_next(&iter, NULL, &wish)) {
		g_hash_table_iter_steal(&iter);
		g_ptr_array_add(sorted, wish);
	}
	g_ptr_array_sort(sorted, compare_wishes);
	return sorted;
}

char *fl_kconfig_text(GPtrArray *wishes)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < wishes->len; i++) {
		const FlKconfigWish *wish = g_ptr_array_index(wishes, i);

		if (g_str_equal(wish->value, "n"))
			g_string_append_printf(text, "# %s is not set\n", wish->symbol);
		else
			g_string_append_printf(text, "%s=%s\n", wish->symbol, wish->value);
	}
	return g_string_free(text, FALSE);
}

char *fl_kconfig_value(const char *config, const char *symbol)
{
	size_t len = strlen(symbol);

	for (const char *line = config; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, symbol, len) && line[len] == '=')
			return g_strndup(line + len + 1, strcspn(line + len + 1, "\n"));
	return g_strdup("n");
}

static bool same_value(const char *wanted, const char *got)
{
	if (g_str_has_prefix(wanted, "0x") && g_str_has_prefix(got, "0x"))
		return g_ascii_strtoull(wanted, NULL, 16) == g_ascii_strtoull(got, NULL, 16);
	/* An empty string and a symbol that is not there are the same for kconfig. */
	if (g_str_equal(wanted, "\"\"") && g_str_equal(got, "n"))
		return true;
	return g_str_equal(wanted, got);
}

GPtrArray *fl_kconfig_lost(GPtrArray *wishes, const char *config)
{
	GPtrArray *lost = g_ptr_array_new();

	for (guint i = 0; i < wishes->len; i++) {
		const FlKconfigWish *wish = g_ptr_array_index(wishes, i);
		g_autofree char *got = fl_kconfig_value(config, wish->symbol);

		if (!same_value(wish->value, got))
			g_ptr_array_add(lost, g_ptr_array_index(wishes, i));
	}
	return lost;
}

void fl_kconfig_set_error(GPtrArray *lost, const char *config, GHashTable *known, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < lost->len; i++) {
		const FlKconfigWish *wish = g_ptr_array_index(lost, i);
		g_autofree char *got = fl_kconfig_value(config, wish->symbol);

		g_string_append_printf(text, "\n  %s:%u: %s: wanted %s, got %s", wish->file,
				       wish->line, wish->symbol, wish->value, got);
		if (!g_hash_table_contains(known, wish->symbol + strlen("CONFIG_")))
			g_string_append(text, ", no such option in this tree");
	}
	g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_CONFIG,
		    "%u configuration option%s did not survive `make olddefconfig`:%s", lost->len,
		    lost->len == 1 ? "" : "s", text->str);
}
