/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * newc archives: what is packed reads back, and nothing but the entries decides the bytes.
 */
#include "image/cpio.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"

static void add_one(FlCpio *cpio, unsigned which)
{
	switch (which) {
	case 0:
		fl_cpio_add_text(cpio, "bin/b", 0755, "odd");
		break;
	case 1:
		fl_cpio_add_link(cpio, "bin/a", "b");
		break;
	case 2:
		fl_cpio_add_chardev(cpio, "dev/console", 0600, 5, 1);
		break;
	case 3:
		fl_cpio_add_dir(cpio, "tmp", 01777);
		break;
	default:
		fl_cpio_add_text(cpio, "bin.txt", 0644, "");
		break;
	}
}

static GBytes *pack(unsigned first, unsigned step)
{
	g_autoptr(FlCpio) cpio = fl_cpio_new();
	g_autoptr(GError) error = NULL;
	GBytes *bytes;

	for (unsigned i = 0; i < 5; i++)
		add_one(cpio, (first + i * step) % 5);
	bytes = fl_cpio_bytes(cpio, &error);
	g_assert_no_error(error);
	return bytes;
}

/* One line an entry: mode, owner, time, links, inode, path, then content, target or device. */
static char *describe(GBytes *bytes)
{
	GString *text = g_string_new(NULL);
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	gsize len = 0;
	const void *data = g_bytes_get_data(bytes, &len);

	archive_read_support_format_cpio(archive);
	g_assert_cmpint(archive_read_open_memory(archive, data, len), ==, ARCHIVE_OK);
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		char content[64] = "";
		const char *target = archive_entry_symlink(entry);

		archive_read_data(archive, content, sizeof(content) - 1);
		g_string_append_printf(
			text, "%o %d:%d %d n%u i%d %s [%s%s]", archive_entry_mode(entry),
			(int)archive_entry_uid(entry), (int)archive_entry_gid(entry),
			(int)archive_entry_mtime(entry), archive_entry_nlink(entry),
			(int)archive_entry_ino64(entry), archive_entry_pathname(entry),
			S_ISREG(archive_entry_mode(entry)) ? content : "", target ? target : "");
		if (S_ISCHR(archive_entry_mode(entry)))
			g_string_append_printf(text, " %d,%d", (int)archive_entry_rdevmajor(entry),
					       (int)archive_entry_rdevminor(entry));
		g_string_append_c(text, '\n');
	}
	archive_read_free(archive);
	return g_string_free(text, FALSE);
}

static void what_is_packed_reads_back_sorted(void)
{
	g_autoptr(GBytes) bytes = pack(0, 1);
	g_autofree char *text = describe(bytes);

	g_assert_cmpstr(text, ==,
			"40755 0:0 0 n1 i1 bin []\n"
			"100644 0:0 0 n1 i2 bin.txt []\n"
			"120777 0:0 0 n1 i3 bin/a [b]\n"
			"100755 0:0 0 n1 i4 bin/b [odd]\n"
			"40755 0:0 0 n1 i5 dev []\n"
			"20600 0:0 0 n1 i6 dev/console [] 5,1\n"
			"41777 0:0 0 n1 i7 tmp []\n");
}

static void the_order_of_adding_does_not_matter(void)
{
	g_autoptr(GBytes) expected = pack(0, 1);

	for (unsigned first = 0; first < 5; first++)
		for (unsigned step = 1; step < 5; step++) {
			g_autoptr(GBytes) bytes = pack(first, step);

			g_assert_true(g_bytes_equal(bytes, expected));
		}
}

static void archives_can_follow_each_other(void)
{
	for (size_t len = 0; len < 9; len++) {
		g_autoptr(FlCpio) cpio = fl_cpio_new();
		g_autofree char *text = g_strnfill(len, 'x');
		g_autoptr(GBytes) bytes = NULL;
		const char *data;

		fl_cpio_add_text(cpio, "f", 0644, text);
		bytes = fl_cpio_bytes(cpio, NULL);
		data = g_bytes_get_data(bytes, NULL);
		g_assert_cmpuint(g_bytes_get_size(bytes) % 4, ==, 0);
		g_assert_cmpuint(g_bytes_get_size(bytes), <, 512);
		g_assert_true(g_str_has_prefix(data, "070701"));
	}
}

static void what_is_added_again_replaces(void)
{
	g_autoptr(FlCpio) cpio = fl_cpio_new();
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *text = NULL;

	fl_cpio_add_text(cpio, "f", 0644, "old");
	fl_cpio_add_text(cpio, "f", 0600, "new");
	bytes = fl_cpio_bytes(cpio, NULL);
	text = describe(bytes);
	g_assert_cmpstr(text, ==, "100600 0:0 0 n1 i1 f [new]\n");
}

static char *inputs_of(const char *content, unsigned mode, const char *target, unsigned minor)
{
	g_autoptr(FlCpio) cpio = fl_cpio_new();
	g_autoptr(json_t) inputs = NULL;

	fl_cpio_add_text(cpio, "f", mode, content);
	fl_cpio_add_link(cpio, "l", target);
	fl_cpio_add_chardev(cpio, "c", 0600, 5, minor);
	inputs = fl_cpio_inputs(cpio);
	g_assert_cmpuint(json_object_size(inputs), ==, 3);
	return fl_json_text(inputs);
}

static void its_inputs_tell_every_difference(void)
{
	g_autofree char *base = inputs_of("x", 0644, "f", 1);
	g_autofree char *same = inputs_of("x", 0644, "f", 1);
	g_autofree char *content = inputs_of("y", 0644, "f", 1);
	g_autofree char *mode = inputs_of("x", 0600, "f", 1);
	g_autofree char *target = inputs_of("x", 0644, "c", 1);
	g_autofree char *device = inputs_of("x", 0644, "f", 2);

	g_assert_cmpstr(base, ==, same);
	g_assert_cmpstr(base, !=, content);
	g_assert_cmpstr(base, !=, mode);
	g_assert_cmpstr(base, !=, target);
	g_assert_cmpstr(base, !=, device);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/cpio/what-is-packed-reads-back-sorted", what_is_packed_reads_back_sorted);
	g_test_add_func("/cpio/the-order-of-adding-does-not-matter",
			the_order_of_adding_does_not_matter);
	g_test_add_func("/cpio/archives-can-follow-each-other", archives_can_follow_each_other);
	g_test_add_func("/cpio/what-is-added-again-replaces", what_is_added_again_replaces);
	g_test_add_func("/cpio/its-inputs-tell-every-difference", its_inputs_tell_every_difference);
	return g_test_run();
}
