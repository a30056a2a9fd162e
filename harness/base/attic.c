// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removes what nobody used for long. Never waits and never fails: a cache that is too large still
 * works.
 */
#include "base/attic.h"

#include "base/fs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define KEY_DIGITS 64

typedef struct {
	char *path;
	time_t used; /* seconds since the epoch, of the host's clock */
} Entry;

static void entry_free(gpointer data)
{
	Entry *entry = data;

	g_free(entry->path);
	g_free(entry);
}

void fl_attic_mark_used(const char *path)
{
	if (utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		g_debug("%s: its last use is not noted", path);
}

static bool begins_with_key(const char *name)
{
	return strspn(name, "0123456789abcdef") >= KEY_DIGITS;
}

static gint compare_use(gconstpointer a, gconstpointer b)
{
	const Entry *one = *(const Entry *const *)a, *other = *(const Entry *const *)b;

	return one->used < other->used ? -1 : one->used > other->used;
}

/* Of Entry, the one that was not used for longest first. */
static GPtrArray *list(const char *dir)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(entry_free);
	g_autoptr(GDir) names = g_dir_open(dir, 0, NULL);
	const char *name;

	while (names && (name = g_dir_read_name(names))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		struct stat st;
		Entry *entry;

		if (!begins_with_key(name) || lstat(path, &st) < 0)
			continue;
		entry = g_new(Entry, 1);
		*entry = (Entry){.path = g_steal_pointer(&path), .used = st.st_mtime};
		g_ptr_array_add(entries, entry);
	}
	g_ptr_array_sort(entries, compare_use);
	return entries;
}

/* By another name first: what is half removed is found by nobody. */
static void forget(const char *dir, const char *path)
{
	g_autofree char *gone = g_build_filename(dir, ".gone", NULL);

	if (!fl_fs_remove(gone, NULL) || !fl_fs_rename(path, gone, NULL) ||
	    !fl_fs_remove(gone, NULL))
		g_debug("%s stays in the cache", path);
}

void fl_attic_trim(const char *dir, unsigned keep)
{
	g_autoptr(GPtrArray) entries = list(dir);
	time_t since = time(NULL) - FL_ATTIC_IN_USE_S;

	for (guint i = 0; i + keep < entries->len; i++) {
		const Entry *entry = g_ptr_array_index(entries, i);

		if (entry->used > since)
			return;
		forget(dir, entry->path);
	}
}
