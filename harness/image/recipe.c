/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disk recipes: text in, plain data out. Touches no file and knows no libguestfs.
 */
#include "image/recipe.h"

#include <string.h>

#include "base/hash.h"
#include "image/image.h"
#include "plan/ini.h"

typedef struct {
	GPtrArray *recipes;
	unsigned line; /* of the last section, where a missing key is reported */
} Parsing;

/* Limits of mkfs.xfs. */
#define XFS_SIZE_MIN  (300ull << 20)
#define XFS_LABEL_MAX 12

typedef bool (*SetFn)(FlRecipe *recipe, const char *value);

void fl_recipe_free(FlRecipe *recipe)
{
	if (!recipe)
		return;
	g_free(recipe->name);
	g_free(recipe->fs);
	g_free(recipe->label);
	g_free(recipe);
}

static bool is_name(const char *name)
{
	return *name && strlen(name) <= 20 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

bool fl_recipe_is_ext(const FlRecipe *recipe)
{
	return g_str_has_prefix(recipe->fs, "ext");
}

static bool set_size(FlRecipe *recipe, const char *value)
{
	char *end = NULL;
	uint64_t size = g_ascii_strtoull(value, &end, 10);

	if (!g_ascii_isdigit(value[0]) || size > FL_RECIPE_SIZE_MAX)
		return false;
	if (g_str_equal(end, "M"))
		size <<= 20;
	else if (g_str_equal(end, "G"))
		size = size > 16 ? 0 : size << 30;
	else
		return false;
	recipe->size = size;
	return size >= FL_RECIPE_SIZE_MIN && size <= FL_RECIPE_SIZE_MAX;
}

static bool set_fs(FlRecipe *recipe, const char *value)
{
	static const char *const known[] = {"ext2", "ext3", "ext4", "xfs", "swap", NULL};

	recipe->fs = g_strdup(value);
	return g_strv_contains(known, value);
}

static bool set_block_size(FlRecipe *recipe, const char *value)
{
	guint64 size = 0;

	if (!g_ascii_string_to_unsigned(value, 10, 1024, 4096, &size, NULL))
		return false;
	recipe->block_size = (unsigned)size;
	return size == 1024 || size == 2048 || size == 4096;
}

static bool set_label(FlRecipe *recipe, const char *value)
{
	g_free(recipe->label);
	recipe->label = g_strdup(value);
	return *value && strlen(value) <= 16 && g_str_is_ascii(value);
}

static bool set_reserved(FlRecipe *recipe, const char *value)
{
	guint64 percent = 0;
	bool ok = g_ascii_string_to_unsigned(value, 10, 0, 50, &percent, NULL);

	recipe->reserved = (unsigned)percent;
	return ok;
}

static bool set_journal(FlRecipe *recipe, const char *value)
{
	recipe->journal = g_str_equal(value, "yes") ? FL_RECIPE_YES : FL_RECIPE_NO;
	return recipe->journal == FL_RECIPE_YES || g_str_equal(value, "no");
}

static bool set_iops(FlRecipe *recipe, const char *value)
{
	guint64 iops = 0;
	bool ok = g_ascii_string_to_unsigned(value, 10, 1, 1000000, &iops, NULL);

	recipe->iops = (unsigned)iops;
	return ok;
}

static bool set_bps(FlRecipe *recipe, const char *value)
{
	char *end = NULL;
	uint64_t bps = g_ascii_strtoull(value, &end, 10);

	if (!g_ascii_isdigit(value[0]) || bps > 1 << 20)
		return false;
	recipe->bps = bps << (g_str_equal(end, "M") ? 20 : 10);
	return bps && (g_str_equal(end, "K") || g_str_equal(end, "M"));
}

static const struct {
	const char *key;
	SetFn set;
	const char *expected;
} keys[] = {
	{"size", set_size, "a number with M or G, 1M to 16G"},
	{"fs", set_fs, "ext2, ext3, ext4, xfs or swap"},
	{"block_size", set_block_size, "1024, 2048 or 4096"},
	{"label", set_label, "1 to 16 ASCII characters"},
	{"reserved", set_reserved, "per cent, 0 to 50"},
	{"journal", set_journal, "yes or no"},
	{"iops", set_iops, "requests a second, 1 to 1000000"},
	{"bps", set_bps, "bytes a second, a number with K or M"},
};

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED, format, args);
	va_end(args);
	return false;
}

static bool check_xfs(const FlRecipe *recipe, GError **error)
{
	if (recipe->size < XFS_SIZE_MIN)
		return fail(error, "[%s] size: mkfs.xfs makes none below 300M", recipe->name);
	if (strlen(recipe->label) > XFS_LABEL_MAX)
		return fail(error, "[%s] label: xfs has room for %d characters", recipe->name,
			    XFS_LABEL_MAX);
	return true;
}

static bool check(const FlRecipe *recipe, GError **error)
{
	if (!recipe->size || !recipe->fs)
		return fail(error, "[%s] has no %s", recipe->name, recipe->size ? "fs" : "size");
	if (!fl_recipe_is_ext(recipe) && (recipe->reserved || recipe->journal))
		return fail(error, "[%s] reserved and journal are for ext2, ext3 and ext4, not %s",
			    recipe->name, recipe->fs);
	if (g_str_equal(recipe->fs, "swap") && recipe->block_size)
		return fail(error, "[%s] block_size: swap has pages, not blocks", recipe->name);
	if (g_str_equal(recipe->fs, "xfs"))
		return check_xfs(recipe, error);
	if (g_str_equal(recipe->fs, "ext2") && recipe->journal == FL_RECIPE_YES)
		return fail(error, "[%s] journal: ext2 has none, expected no", recipe->name);
	return true;
}

static FlRecipe *last(const Parsing *parsing)
{
	GPtrArray *recipes = parsing->recipes;

	return recipes->len ? g_ptr_array_index(recipes, recipes->len - 1) : NULL;
}

static bool begin(Parsing *parsing, const char *name, GError **error)
{
	FlRecipe *recipe;

	if (!is_name(name))
		return fail(error, "[%s]: expected a name of 1 to 20 of a-z, 0-9 and -", name);
	if (fl_recipe_find(parsing->recipes, name))
		return fail(error, "[%s] is there twice", name);
	if (last(parsing) && !check(last(parsing), error))
		return false;
	recipe = g_new0(FlRecipe, 1);
	recipe->name = g_strdup(name);
	recipe->label = g_strndup(name, 16);
	g_ptr_array_add(parsing->recipes, recipe);
	return true;
}

static bool on_pair(const char *section, const char *key, const char *value, unsigned line,
		    gpointer data, GError **error)
{
	Parsing *parsing = data;

	if (!key) {
		if (!begin(parsing, section, error))
			return false;
		parsing->line = line;
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (!g_str_equal(key, keys[i].key))
			continue;
		return keys[i].set(last(parsing), value) ||
		       fail(error, "%s: expected %s, found \"%s\"", key, keys[i].expected, value);
	}
	return fail(error,
		    "%s: no such key; there are size, fs, block_size, label, reserved, "
		    "journal, iops, bps",
		    key);
}

GPtrArray *fl_recipe_parse(const char *text, size_t len, const char *path, GError **error)
{
	g_autoptr(GPtrArray) recipes =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_recipe_free);
	Parsing parsing = {.recipes = recipes};

	if (!fl_ini_parse(text, len, path, on_pair, &parsing, error))
		return NULL;
	if (last(&parsing) && !check(last(&parsing), error)) {
		g_prefix_error(error, "%s:%u: ", path, parsing.line);
		return NULL;
	}
	return g_steal_pointer(&recipes);
}

const FlRecipe *fl_recipe_find(GPtrArray *recipes, const char *name)
{
	for (guint i = 0; i < recipes->len; i++) {
		const FlRecipe *recipe = g_ptr_array_index(recipes, i);

		if (g_str_equal(recipe->name, name))
			return recipe;
	}
	return NULL;
}

char *fl_recipe_text(const FlRecipe *recipe)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "[%s]\nsize = %" G_GUINT64_FORMAT "M\nfs = %s\n", recipe->name,
			recipe->size >> 20, recipe->fs);
	if (recipe->block_size)
		g_string_append_printf(text, "block_size = %u\n", recipe->block_size);
	g_string_append_printf(text, "label = %s\nreserved = %u\n", recipe->label,
			       recipe->reserved);
	if (recipe->journal)
		g_string_append_printf(text, "journal = %s\n",
				       recipe->journal == FL_RECIPE_YES ? "yes" : "no");
	return g_string_free(text, FALSE);
}

char *fl_recipe_uuid(const FlRecipe *recipe)
{
	g_autofree char *text = fl_recipe_text(recipe);
	g_autofree char *hex = fl_hash_bytes(text, strlen(text));

	/* The form of a name-based UUID: version 5, variant 8. */
	return g_strdup_printf("%.8s-%.4s-5%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15,
			       hex + 18);
}
