// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept of a boot are hashes of time and text of its first lines. Times that any boot may have are
 * left out: 0, which all early lines share, and whole milliseconds, as kernels with a coarse clock print.
 */
#include "judge/boots.h"

enum {
	KEPT = 256, /* lines of a boot */
	LOOKS = 24, /* lines that may tell; some of a copy are news, as the console leaves out debug */
	ENOUGH = 6, /* times that agree to the microsecond, which no two boots do */
};

struct FlBoots {
	GHashTable *known;  /* of the last boot: a set of int64 */
	GHashTable *lately; /* of what comes behind the last banner, while that is open; or NULL */
	unsigned n_looks, n_known;
};

static GHashTable *set_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

FlBoots *fl_boots_new(void)
{
	FlBoots *boots = g_new0(FlBoots, 1);

	boots->known = set_new();
	return boots;
}

void fl_boots_free(FlBoots *boots)
{
	if (!boots)
		return;
	g_hash_table_unref(boots->known);
	g_clear_pointer(&boots->lately, g_hash_table_unref);
	g_free(boots);
}

bool fl_boots_is_open(const FlBoots *boots)
{
	return boots->lately != NULL;
}

/* The lines are those of a boot, and what comes next is compared with them. */
static FlBootsNews end_as_boot(FlBoots *boots)
{
	g_hash_table_unref(boots->known);
	boots->known = g_steal_pointer(&boots->lately);
	return FL_BOOTS_ANOTHER;
}

static FlBootsNews end_as_copy(FlBoots *boots)
{
	g_clear_pointer(&boots->lately, g_hash_table_unref);
	return FL_BOOTS_COPY;
}

void fl_boots_banner(FlBoots *boots)
{
	if (boots->lately)
		end_as_boot(boots);
	boots->n_looks = boots->n_known = 0;
	if (g_hash_table_size(boots->known))
		boots->lately = set_new();
}

static gint64 *hash_of(const FlLine *line)
{
	gint64 *hash = g_new(gint64, 1);

	*hash = (gint64)(line->stamp_us << 32 | g_str_hash(line->text));
	return hash;
}

FlBootsNews fl_boots_line(FlBoots *boots, const FlLine *line)
{
	GHashTable *set = boots->lately ? boots->lately : boots->known;
	gint64 *hash;

	if (g_hash_table_size(set) >= KEPT || line->stamp_us % 1000 == 0)
		return FL_BOOTS_UNTOLD;
	hash = hash_of(line);
	if (boots->lately) {
		boots->n_looks++;
		boots->n_known += g_hash_table_contains(boots->known, hash);
	}
	g_hash_table_add(set, hash);
	if (!boots->lately)
		return FL_BOOTS_UNTOLD;
	if (boots->n_known >= ENOUGH)
		return end_as_copy(boots);
	return boots->n_looks >= LOOKS ? end_as_boot(boots) : FL_BOOTS_UNTOLD;
}
