// SPDX-License-Identifier: GPL-2.0-only
/*
 * A growing file is followed to its last byte.
 */
#include "base/fs.h"
#include "vm/console.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void on_bytes(const char *bytes, size_t len, gpointer data)
{
	g_byte_array_append(data, (const guint8 *)bytes, (guint)len);
}

static void append(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	g_assert_cmpint(write(fd, bytes, len), ==, (ssize_t)len);
	close(fd);
}

static gboolean on_overdue(gpointer data)
{
	*(bool *)data = true;
	return G_SOURCE_REMOVE;
}

/* Turns the main loop until so many bytes came, at most 5 s. */
static void await(GByteArray *got, guint len)
{
	bool overdue = false;
	guint timer = g_timeout_add(5000, on_overdue, &overdue);

	while (got->len < len && !overdue)
		g_main_context_iteration(NULL, TRUE);
	if (!overdue)
		g_source_remove(timer);
	g_assert_cmpuint(got->len, ==, len);
}

static void test_follow(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-console-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "serial.log", NULL);
	g_autofree char *big = g_malloc0(5000001);
	g_autoptr(GByteArray) got = g_byte_array_new();
	g_autoptr(FlConsole) console = fl_console_new(path, on_bytes, got, NULL);

	g_assert_nonnull(console);
	append(path, "a\0b", 3);
	await(got, 3);
	/* More than one turn's worth, and nothing written after it. */
	append(path, big, 5000001);
	await(got, 5000004);
	g_assert_cmpmem(got->data, 3, "a\0b", 3);
	g_assert_cmpuint(fl_console_total(console), ==, 5000004);
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void test_drain(void)
{
	g_autofree char *dir = g_dir_make_tmp("fl-console-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "serial.log", NULL);
	g_autoptr(GByteArray) got = g_byte_array_new();
	g_autoptr(FlConsole) console = fl_console_new(path, on_bytes, got, NULL);

	g_assert_nonnull(console);
	append(path, "last words", 10);
	fl_console_drain(console, 0);
	fl_console_drain(console, 0);
	g_assert_cmpmem(got->data, got->len, "last words", 10);
	g_assert_true(fl_fs_remove(dir, NULL));
}

static void test_error(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_console_new("/nonexistent/serial.log", on_bytes, NULL, &error));
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, "/nonexistent/serial.log"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/console/follows-a-growing-file", test_follow);
	g_test_add_func("/console/drain-gives-each-byte-once", test_drain);
	g_test_add_func("/console/an-error-names-the-file", test_error);
	return g_test_run();
}
