/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deterministic newc archives: the only libarchive caller of this room.
 *
 * Entries are collected in a sorted tree and written in one go into memory; nothing of the
 * host (readdir order, owner, clock, umask, inode numbers) can reach the bytes. Sorting by
 * path also puts every folder before what is in it, which the kernel's unpacker relies on.
 * Never touches a file.
 */
#include "image/cpio.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/json.h"
#include "image/image.h"

typedef struct {
	unsigned mode;	 /* type and permissions, as in struct stat */
	GBytes *content; /* regular files */
	char *target;	 /* links */
	unsigned major;	 /* device nodes */
	unsigned minor;
} Entry;

struct FlCpio {
	GTree *entries; /* path -> Entry */
};

/* How far fl_cpio_bytes has come. */
typedef struct {
	struct archive *archive;
	struct archive_entry *entry; /* reused from one to the next */
	unsigned ino;
	bool ok;
} Writing;

static void entry_free(gpointer data)
{
	Entry *entry = data;

	g_clear_pointer(&entry->content, g_bytes_unref);
	g_free(entry->target);
	g_free(entry);
}

static int compare_paths(gconstpointer a, gconstpointer b, gpointer data)
{
	(void)data;
	return strcmp(a, b);
}

FlCpio *fl_cpio_new(void)
{
	FlCpio *cpio = g_new0(FlCpio, 1);

	cpio->entries = g_tree_new_full(compare_paths, NULL, g_free, entry_free);
	return cpio;
}

void fl_cpio_free(FlCpio *cpio)
{
	if (!cpio)
		return;
	g_tree_unref(cpio->entries);
	g_free(cpio);
}

/* The unpacker makes no parents of its own: a file without them would silently be missing. */
static void add_parents(FlCpio *cpio, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *parent = g_strndup(path, (size_t)(slash - path));

		if (!g_tree_lookup(cpio->entries, parent))
			fl_cpio_add_dir(cpio, parent, 0755);
	}
}

static Entry *add(FlCpio *cpio, const char *path, unsigned mode)
{
	Entry *entry = g_new0(Entry, 1);

	g_assert(path[0] && path[0] != '/');
	add_parents(cpio, path);
	entry->mode = mode;
	g_tree_replace(cpio->entries, g_strdup(path), entry);
	return entry;
}

void fl_cpio_add_dir(FlCpio *cpio, const char *path, unsigned mode)
{
	add(cpio, path, S_IFDIR | (mode & 07777));
}

void fl_cpio_add_file(FlCpio *cpio, const char *path, unsigned mode, GBytes *content)
{
	add(cpio, path, S_IFREG | (mode & 07777))->content = g_bytes_ref(content);
}

void fl_cpio_add_text(FlCpio *cpio, const char *path, unsigned mode, const char *text)
{
	g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

	fl_cpio_add_file(cpio, path, mode, content);
}

void fl_cpio_add_link(FlCpio *cpio, const char *path, const char *target)
{
	add(cpio, path, S_IFLNK | 0777)->target = g_strdup(target);
}

void fl_cpio_add_chardev(FlCpio *cpio, const char *path, unsigned mode, unsigned major,
			 unsigned minor)
{
	Entry *entry = add(cpio, path, S_IFCHR | (mode & 07777));

	entry->major = major;
	entry->minor = minor;
}

static json_t *entry_inputs(const Entry *entry)
{
	g_autofree char *mode = g_strdup_printf("%o", entry->mode);
	json_t *inputs = json_pack("{s:s}", "mode", mode);

	if (entry->content) {
		gsize len = 0;
		const void *data = g_bytes_get_data(entry->content, &len);
		g_autofree char *sha256 = fl_hash_bytes(data, len);

		json_object_set_new(inputs, "sha256", json_string(sha256));
	}
	if (entry->target)
		json_object_set_new(inputs, "target", fl_json_string(entry->target));
	if (S_ISCHR(entry->mode))
		json_object_set_new(inputs, "device",
				    json_pack("[i,i]", (int)entry->major, (int)entry->minor));
	return inputs;
}

static gboolean add_inputs(gpointer path, gpointer entry, gpointer data)
{
	json_object_set_new(data, path, entry_inputs(entry));
	return FALSE;
}

json_t *fl_cpio_inputs(const FlCpio *cpio)
{
	json_t *inputs = json_object();

	g_tree_foreach(cpio->entries, add_inputs, inputs);
	return inputs;
}

static void describe(struct archive_entry *to, const char *path, const Entry *from, unsigned ino)
{
	archive_entry_clear(to);
	archive_entry_set_pathname(to, path);
	archive_entry_set_mode(to, (mode_t)from->mode);
	archive_entry_set_ino(to, ino);
	archive_entry_set_nlink(to, 1);
	archive_entry_set_uid(to, 0);
	archive_entry_set_gid(to, 0);
	archive_entry_set_dev(to, 0);
	archive_entry_set_mtime(to, 0, 0);
	archive_entry_set_size(to, from->content ? (la_int64_t)g_bytes_get_size(from->content) : 0);
	if (from->target)
		archive_entry_set_symlink(to, from->target);
	archive_entry_set_rdevmajor(to, from->major);
	archive_entry_set_rdevminor(to, from->minor);
}

/* Stops the walk, by returning TRUE, at the first entry that libarchive does not take. */
static gboolean write_entry(gpointer path, gpointer value, gpointer data)
{
	Writing *writing = data;
	Entry *entry = value;
	gsize len = 0;
	const void *content = entry->content ? g_bytes_get_data(entry->content, &len) : NULL;

	describe(writing->entry, path, entry, ++writing->ino);
	writing->ok =
		archive_write_header(writing->archive, writing->entry) == ARCHIVE_OK &&
		(len == 0 || archive_write_data(writing->archive, content, len) == (la_ssize_t)len);
	return !writing->ok;
}

static la_ssize_t append(struct archive *archive, void *data, const void *buffer, size_t len)
{
	(void)archive;
	g_byte_array_append(data, buffer, (guint)len);
	return (la_ssize_t)len;
}

static bool write_all(const FlCpio *cpio, struct archive *archive, GByteArray *bytes)
{
	Writing writing = {.archive = archive, .entry = archive_entry_new(), .ok = true};

	/* Without this the end is padded to a tape block. */
	archive_write_set_bytes_in_last_block(archive, 1);
	writing.ok = archive_write_set_format_cpio_newc(archive) == ARCHIVE_OK &&
		     archive_write_open(archive, bytes, NULL, append, NULL) == ARCHIVE_OK;
	if (writing.ok)
		g_tree_foreach(cpio->entries, write_entry, &writing);
	archive_entry_free(writing.entry);
	return writing.ok && archive_write_close(archive) == ARCHIVE_OK;
}

GBytes *fl_cpio_bytes(const FlCpio *cpio, GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	struct archive *archive = archive_write_new();
	bool ok = write_all(cpio, archive, bytes);

	if (!ok)
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
			    "cannot write a newc archive: %s", archive_error_string(archive));
	archive_write_free(archive);
	if (!ok)
		return NULL;
	while (bytes->len % 4)
		g_byte_array_append(bytes, (const guint8 *)"", 1);
	return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}
