/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's root file system: complete, the same bytes everywhere, cached by what is in it.
 */
#include "image/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include "base/fs.h"

#define BUSYBOX "/bin/busybox"

/* A world of inputs; any static program serves as the guest's. */
typedef struct {
	char *dir;
	char *guest;
	char *modules;
	char *cache;
	FlInitramfsSpec spec;
} World;

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_fs_write(path, text, strlen(text), &error));
	g_assert_no_error(error);
}

static void copy_program(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_fs_copy(BUSYBOX, path, &error));
	g_assert_no_error(error);
}

static char *subdir(const World *world, const char *name)
{
	char *path = g_build_filename(world->dir, name, NULL);

	g_assert_true(fl_fs_mkdir(path, NULL));
	return path;
}

static void world_fill(World *world, bool reversed)
{
	static const char *const modules[] = {"a.ko", "b.ko", "c.ko"};

	world->dir = g_dir_make_tmp("fl-initramfs-XXXXXX", NULL);
	world->guest = subdir(world, "guest");
	world->modules = subdir(world, "modules");
	world->cache = subdir(world, "cache");
	copy_program(world->guest, "init");
	copy_program(world->guest, "ft-tests");
	for (unsigned i = 0; i < 3; i++)
		put(world->modules, modules[reversed ? 2 - i : i], "module");
	put(world->modules, "Module.symvers", "not a module");
	world->spec = (FlInitramfsSpec){.guest_dir = world->guest,
					.images_dir = FL_TEST_SRCDIR "/images",
					.busybox = BUSYBOX,
					.modules = world->modules,
					.cache_dir = world->cache};
}

static void setup(World *world, gconstpointer data)
{
	(void)data;
	world_fill(world, false);
}

static void teardown(World *world, gconstpointer data)
{
	(void)data;
	g_assert_true(fl_fs_remove(world->dir, NULL));
	g_free(world->dir);
	g_free(world->guest);
	g_free(world->modules);
	g_free(world->cache);
}

static char *get(const FlInitramfsSpec *spec, char **ret_key)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *key = NULL;
	char *path = NULL;

	g_assert_true(fl_initramfs_get(spec, &path, &key, &error));
	g_assert_no_error(error);
	if (ret_key)
		*ret_key = g_steal_pointer(&key);
	return path;
}

/* Path -> "mode target", of all archives in the file. */
static GHashTable *read_back(const char *path)
{
	GHashTable *entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;

	archive_read_support_format_cpio(archive);
	g_assert_cmpint(archive_read_open_filename(archive, path, 65536), ==, ARCHIVE_OK);
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		const char *target = archive_entry_symlink(entry);

		g_hash_table_replace(
			entries, g_strdup(archive_entry_pathname(entry)),
			g_strdup_printf("%o %s", archive_entry_mode(entry), target ? target : ""));
	}
	archive_read_free(archive);
	return entries;
}

static void has_all_that_the_guest_needs(World *world, gconstpointer data)
{
	static const char *const expected[][2] = {
		{"init", "100755 "},	     {"bin/ft-tests", "100755 "},
		{"bin/busybox", "100755 "},  {"bin/sh", "120777 busybox"},
		{"bin/[", "120777 busybox"}, {"lib/modules/a.ko", "100644 "},
		{"dev", "40755 "},	     {"dev/console", "20600 "},
		{"proc", "40755 "},	     {"sys", "40755 "},
		{"mnt", "40755 "},	     {"fl", "40755 "},
		{"root", "40700 "},	     {"tmp", "41777 "},
		{"etc/passwd", "100644 "},
	};
	g_autofree char *path = get(&world->spec, NULL);
	g_autoptr(GHashTable) entries = read_back(path);

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_cmpstr(g_hash_table_lookup(entries, expected[i][0]), ==, expected[i][1]);
	g_assert_false(g_hash_table_contains(entries, "lib/modules/Module.symvers"));
}

static void the_same_inputs_give_the_same_bytes(World *world, gconstpointer data)
{
	World other = {0};
	mode_t mask = umask(0077);
	const struct utimbuf long_ago = {.actime = 1, .modtime = 1};
	g_autofree char *init = NULL;
	g_autofree char *one = get(&world->spec, NULL);
	g_autofree char *two = NULL;
	g_autofree char *one_data = NULL;
	g_autofree char *two_data = NULL;
	size_t one_len = 0, two_len = 0;

	(void)data;
	world_fill(&other, true);
	init = g_build_filename(other.guest, "init", NULL);
	g_assert_cmpint(utime(init, &long_ago), ==, 0);
	g_assert_cmpint(g_chmod(init, 0700), ==, 0);
	two = get(&other.spec, NULL);
	umask(mask);
	g_assert_true(fl_fs_read(one, &one_data, &one_len, NULL));
	g_assert_true(fl_fs_read(two, &two_data, &two_len, NULL));
	g_assert_cmpmem(one_data, one_len, two_data, two_len);
	teardown(&other, NULL);
}

static void what_changes_has_another_key(World *world, gconstpointer data)
{
	g_autofree char *key = NULL;
	g_autofree char *without = NULL;
	g_autofree char *changed = NULL;
	g_autofree char *a = get(&world->spec, &key);
	g_autofree char *b = NULL;
	g_autofree char *c = NULL;

	(void)data;
	put(world->modules, "b.ko", "Module");
	b = get(&world->spec, &changed);
	world->spec.modules = NULL;
	c = get(&world->spec, &without);
	g_assert_cmpuint(strlen(key), ==, 64);
	g_assert_cmpstr(key, !=, changed);
	g_assert_cmpstr(key, !=, without);
	g_assert_cmpstr(changed, !=, without);
}

static void a_hit_writes_nothing(World *world, gconstpointer data)
{
	g_autofree char *first = get(&world->spec, NULL);
	g_autofree char *again = NULL;
	struct stat before, after;
	double seconds;

	(void)data;
	g_assert_cmpint(stat(first, &before), ==, 0);
	g_test_timer_start();
	again = get(&world->spec, NULL);
	seconds = g_test_timer_elapsed();
	g_test_message("a hit took %.1f ms", seconds * 1000);
	g_assert_cmpint(stat(again, &after), ==, 0);
	g_assert_cmpuint(before.st_ino, ==, after.st_ino);
	g_assert_cmpstr(first, ==, again);
}

static void orders_follow_as_a_second_archive(World *world, gconstpointer data)
{
	g_autofree char *base = get(&world->spec, NULL);
	g_autofree char *to = g_build_filename(world->dir, "initrd", NULL);
	g_autofree char *base_data = NULL;
	g_autofree char *whole = NULL;
	g_autoptr(GError) error = NULL;
	size_t base_len = 0, len = 0;

	(void)data;
	g_assert_true(fl_initramfs_with_orders(base, "nonce: 1\n", to, &error));
	g_assert_no_error(error);
	g_assert_true(fl_fs_read(base, &base_data, &base_len, NULL));
	g_assert_true(fl_fs_read(to, &whole, &len, NULL));
	g_assert_cmpuint(len, >, base_len);
	g_assert_cmpmem(base_data, base_len, whole, base_len);
	g_assert_cmpuint(base_len % 4, ==, 0);
	g_assert_cmpmem(whole + base_len, 6, "070701", 6);
	g_assert_nonnull(memmem(whole + base_len, len - base_len, "fl/orders", 10));
	g_assert_nonnull(memmem(whole + base_len, len - base_len, "nonce: 1\n", 9));
}

static void refused(const FlInitramfsSpec *spec, int code, const char *words)
{
	g_autoptr(GError) error = NULL;
	char *path = NULL, *key = NULL;

	g_assert_false(fl_initramfs_get(spec, &path, &key, &error));
	g_assert_error(error, FL_IMAGE_ERROR, code);
	if (!strstr(error->message, words))
		g_test_message("expected \"%s\", found \"%s\"", words, error->message);
	g_assert_nonnull(strstr(error->message, words));
	g_assert_null(path);
	g_assert_null(key);
}

static void what_is_missing_names_its_remedy(World *world, gconstpointer data)
{
	FlInitramfsSpec no_busybox = world->spec;
	FlInitramfsSpec no_guest = world->spec;

	(void)data;
	no_busybox.busybox = "/nowhere/busybox";
	no_guest.guest_dir = "/nowhere/guest";
	refused(&no_busybox, FL_IMAGE_ERROR_MISSING, "apt-get install busybox-static");
	refused(&no_guest, FL_IMAGE_ERROR_MISSING, "run `make guest`");
}

static void a_bad_list_names_its_line(World *world, gconstpointer data)
{
	(void)data;
	put(world->dir, "busybox.list", "# shell\nsh ls\ncat ../init\n");
	world->spec.images_dir = world->dir;
	refused(&world->spec, FL_IMAGE_ERROR_FAILED, "busybox.list:3: \"../init\" cannot be");
}

/* A link to a command that busybox lacks would fail only when somebody types it. */
static void busybox_has_every_command_listed(void)
{
	const char *argv[] = {BUSYBOX, "--list", NULL};
	g_autofree char *output = NULL;
	g_auto(GStrv) applets = NULL;
	g_autofree char *list = NULL;
	g_auto(GStrv) lines = NULL;

	g_assert_true(
		g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &output, NULL, NULL, NULL));
	applets = g_strsplit(output, "\n", -1);
	g_assert_true(fl_fs_read(FL_TEST_SRCDIR "/images/busybox.list", &list, NULL, NULL));
	lines = g_strsplit(list, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) names = g_strsplit(**line == '#' ? "" : *line, " ", -1);

		for (char **name = names; *name; name++) {
			if (!g_strv_contains((const char *const *)applets, *name))
				g_test_message("busybox has no %s", *name);
			g_assert_true(g_strv_contains((const char *const *)applets, *name));
		}
	}
}

#define ADD(path, fn) g_test_add("/initramfs/" path, World, NULL, setup, fn, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	ADD("has-all-that-the-guest-needs", has_all_that_the_guest_needs);
	ADD("the-same-inputs-give-the-same-bytes", the_same_inputs_give_the_same_bytes);
	ADD("what-changes-has-another-key", what_changes_has_another_key);
	ADD("a-hit-writes-nothing", a_hit_writes_nothing);
	ADD("orders-follow-as-a-second-archive", orders_follow_as_a_second_archive);
	ADD("what-is-missing-names-its-remedy", what_is_missing_names_its_remedy);
	ADD("a-bad-list-names-its-line", a_bad_list_names_its_line);
	g_test_add_func("/initramfs/busybox-has-every-command-listed",
			busybox_has_every_command_listed);
	return g_test_run();
}
