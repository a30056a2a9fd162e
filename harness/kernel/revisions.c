// SPDX-License-Identifier: GPL-2.0-only
/*
 * git log as data: ids, trees, parents and subjects, in an order in which parents come first.
 */
#include "kernel/revisions.h"

#include "kernel/gitrepo.h"
#include "kernel/kcache.h"

#include <string.h>

#define FORMAT "--format=%H%x09%T%x09%P%x09%s"

typedef struct {
	GPtrArray *revisions;
	GHashTable *index; /* id to index + 1 */
} Reading;

static void revision_free(gpointer data)
{
	FlRevision *revision = data;

	g_free(revision->id);
	g_free(revision->tree);
	g_free(revision->subject);
	g_array_unref(revision->parents);
	g_free(revision);
}

static void add_parents(const Reading *reading, FlRevision *revision, const char *ids)
{
	g_auto(GStrv) parents = g_strsplit(ids, " ", -1);

	for (char **id = parents; *id; id++) {
		unsigned found = GPOINTER_TO_UINT(g_hash_table_lookup(reading->index, *id));
		unsigned parent = found ? found - 1 : 0;

		g_array_append_val(revision->parents, parent);
	}
}

static void take_line(const char *line, gpointer data)
{
	Reading *reading = data;
	g_auto(GStrv) part = g_strsplit(line, "\t", 4);
	FlRevision *revision;

	if (g_strv_length(part) != 4)
		return;
	revision = g_new0(FlRevision, 1);
	revision->id = g_strdup(part[0]);
	revision->tree = g_strdup(part[1]);
	revision->subject = g_utf8_make_valid(part[3], -1);
	revision->parents = g_array_new(FALSE, FALSE, sizeof(unsigned));
	if (reading->revisions->len)
		add_parents(reading, revision, part[2]);
	g_ptr_array_add(reading->revisions, revision);
	g_hash_table_insert(reading->index, revision->id,
			    GUINT_TO_POINTER(reading->revisions->len));
}

static bool read_all(const char *dir, const char *good, const char *bad, Reading *reading,
		     GCancellable *cancel, GError **error)
{
	g_autofree char *range = g_strdup_printf("%s..%s", good, bad);
	const char *first[] = {"log", "-1", FORMAT, good, "--", NULL};
	const char *others[] = {"log", "--topo-order", "--reverse", FORMAT, range, "--", NULL};

	return fl_gitrepo_read(dir, first, take_line, reading, cancel, error) &&
	       fl_gitrepo_read(dir, others, take_line, reading, cancel, error);
}

GPtrArray *fl_revisions_between(const char *dir, const char *good, const char *bad,
				GCancellable *cancel, GError **error)
{
	g_autoptr(GPtrArray) revisions = g_ptr_array_new_with_free_func(revision_free);
	g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);
	Reading reading = {.revisions = revisions, .index = index};

	if (*good == '-' || *bad == '-') {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE, "\"%s\" is no revision",
			    *good == '-' ? good : bad);
		return NULL;
	}
	if (!read_all(dir, good, bad, &reading, cancel, error))
		return NULL;
	if (revisions->len < 2) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE,
			    "%s has no commit that %s has not: nothing is between them", bad, good);
		return NULL;
	}
	return g_steal_pointer(&revisions);
}
