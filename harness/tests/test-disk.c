/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disk images: one real disk by libguestfs, looked at without libguestfs, and what goes wrong
 * before it is started. This program is its own child, as faultline is.
 */
#include "image/disk.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"

#define SUPER_MAGIC 1080 /* offset of ext4's magic number */
#define SUPER_LABEL 1144
#define SWAP_MAGIC  4086
#define TINY	    "[tiny]\nsize = 8M\nfs = ext4\nblock_size = 4096\njournal = no\n"

#define KINDS TINY "[x]\nsize = 300M\nfs = xfs\n[s]\nsize = 8M\nfs = swap\niops = 9\n"

typedef struct {
	char *dir; /* images and cache in one */
	FlDiskSpec spec;
} World;

static void setup(World *world, gconstpointer recipes)
{
	g_autofree char *ini = NULL;
	g_autoptr(GError) error = NULL;

	world->dir = g_dir_make_tmp("fl-disk-XXXXXX", &error);
	g_assert_no_error(error);
	ini = g_build_filename(world->dir, "disks.ini", NULL);
	g_assert_true(fl_fs_write(ini, recipes, strlen(recipes), &error));
	world->spec = (FlDiskSpec){.images_dir = world->dir,
				   .cache_dir = world->dir,
				   .force_tcg = true,
				   .self = "/proc/self/exe"};
}

static void teardown(World *world, gconstpointer recipes)
{
	g_autoptr(GError) error = NULL;

	(void)recipes;
	g_assert_true(fl_fs_remove(world->dir, &error));
	g_free(world->dir);
}

static unsigned le16(const char *data)
{
	return (unsigned char)data[0] | (unsigned)(unsigned char)data[1] << 8;
}

static void check_image(const FlDisk *disk)
{
	g_autofree char *data = NULL;
	size_t len = 0;
	struct stat st;

	g_assert_true(fl_fs_read(disk->path, &data, &len, NULL));
	g_assert_cmpuint(len, ==, 8u << 20);
	g_assert_cmphex(le16(data + SUPER_MAGIC), ==, 0xef53);
	g_assert_cmpstr(data + SUPER_LABEL, ==, "tiny");
	g_assert_cmpint(g_stat(disk->path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0644);
	g_assert_cmpint(st.st_blocks * 512, <, 4 << 20);
}

static void check_magic(const FlDisk *disk, size_t at, const char *magic)
{
	g_autofree char *data = NULL;
	size_t len = 0;

	g_assert_true(fl_fs_read(disk->path, &data, &len, NULL));
	g_assert_cmpmem(data + at, strlen(magic), magic, strlen(magic));
}

static void assert_nothing_half_made(const char *cache)
{
	g_autofree char *work = g_build_filename(cache, "disks", "work", NULL);

	g_assert_false(g_file_test(work, G_FILE_TEST_EXISTS));
}

static void makes_a_disk_once(World *world, gconstpointer recipes)
{
	const char *const names[] = {"tiny", "tiny", "x", "s", NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) first = NULL;
	g_autoptr(GPtrArray) second = NULL;
	const FlDisk *disk;

	(void)recipes;
	world->spec.names = names;
	g_test_timer_start();
	first = fl_disk_get(&world->spec, NULL, &error);
	if (g_error_matches(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING)) {
		g_test_skip(error->message);
		return;
	}
	g_assert_no_error(error);
	g_test_message("made in %.1f s", g_test_timer_elapsed());
	g_assert_cmpuint(first->len, ==, 4);
	disk = g_ptr_array_index(first, 0);
	g_assert_cmpstr(disk->name, ==, "tiny");
	check_image(disk);
	check_magic(g_ptr_array_index(first, 2), 0, "XFSB");
	check_magic(g_ptr_array_index(first, 3), SWAP_MAGIC, "SWAPSPACE2");
	g_assert_cmpuint(((FlDisk *)g_ptr_array_index(first, 3))->iops, ==, 9);
	assert_nothing_half_made(world->dir);

	g_test_timer_start();
	world->spec.names = NULL;
	world->spec.self = "/bin/false"; /* a second child would now fail */
	second = fl_disk_get(&world->spec, NULL, &error);
	g_assert_no_error(error);
	g_test_message("found in %.3f s", g_test_timer_elapsed());
	g_assert_cmpuint(second->len, ==, 3);
	g_assert_cmpstr(((FlDisk *)g_ptr_array_index(second, 0))->sha256, ==, disk->sha256);
}

/* How many processes have both words in their arguments. */
static unsigned count_processes(const char *one, const char *two)
{
	g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
	const char *pid;
	unsigned n = 0;

	while ((pid = g_dir_read_name(proc))) {
		g_autofree char *path = g_build_filename("/proc", pid, "cmdline", NULL);
		g_autofree char *words = NULL;
		gsize len = 0;

		if (g_ascii_isdigit(pid[0]) && g_file_get_contents(path, &words, &len, NULL) &&
		    memmem(words, len, one, strlen(one)) && memmem(words, len, two, strlen(two)))
			n++;
	}
	return n;
}

/* A large process that was killed with its group needs a moment to go. */
static bool processes_end(const char *word)
{
	for (unsigned waited_ms = 0; waited_ms < 5000; waited_ms += 20) {
		if (!count_processes("", word))
			return true;
		g_usleep(20000);
	}
	return false;
}

/* The appliance's own QEMU is the last and the largest that could be left behind. */
typedef struct {
	const char *dir;
	GCancellable *cancel;
	bool seen;
} Watch;

static gboolean cancel_when_qemu_runs(gpointer data)
{
	Watch *watch = data;

	if (!count_processes("qemu-system", watch->dir))
		return G_SOURCE_CONTINUE;
	watch->seen = true;
	g_cancellable_cancel(watch->cancel);
	return G_SOURCE_REMOVE;
}

/* Folders of appliances whose sockets nobody listens at; somebody else may have a live one. */
static unsigned count_socket_folders(void)
{
	g_autoptr(GDir) tmp = g_dir_open("/tmp", 0, NULL);
	g_autofree char *sockets = NULL;
	const char *name;
	unsigned n = 0;

	g_assert_true(g_file_get_contents("/proc/net/unix", &sockets, NULL, NULL));
	while ((name = g_dir_read_name(tmp)))
		n += (g_str_has_prefix(name, "libguestfs") ||
		      g_str_has_prefix(name, "faultline-disk")) &&
		     !strstr(sockets, name);
	return n;
}

static void leaves_nothing_when_cancelled(World *world, gconstpointer recipes)
{
	const char *const names[] = {"tiny", NULL};
	g_autoptr(GCancellable) cancel = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) disks = NULL;
	Watch watch = {.dir = world->dir, .cancel = cancel};
	unsigned folders = count_socket_folders();

	(void)recipes;
	world->spec.names = names;
	g_timeout_add(200, cancel_when_qemu_runs, &watch);
	disks = fl_disk_get(&world->spec, cancel, &error);
	if (g_error_matches(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING)) {
		g_test_skip(error->message);
		return;
	}
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_null(disks);
	assert_nothing_half_made(world->dir);
	g_assert_true(watch.seen);
	g_assert_true(processes_end(world->dir));
	g_assert_cmpuint(count_socket_folders(), <=, folders);
}

static void names_the_disks_there_are(World *world, gconstpointer recipes)
{
	const char *const names[] = {"huge", NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) disks = NULL;

	(void)recipes;
	world->spec.names = names;
	disks = fl_disk_get(&world->spec, NULL, &error);
	g_assert_null(disks);
	g_assert_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING);
	g_assert_nonnull(strstr(error->message, "no disk \"huge\"; it has tiny"));
}

static void tells_the_childs_own_words(World *world, gconstpointer recipes)
{
	const char *const names[] = {"tiny", NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) disks = NULL;
	g_autofree char *child = g_build_filename(world->dir, "child", NULL);
	static const char script[] = "#!/bin/sh\necho '! the appliance fell over'\nexit 1\n";

	(void)recipes;
	g_assert_true(fl_fs_write(child, script, strlen(script), NULL));
	g_assert_cmpint(g_chmod(child, 0755), ==, 0);
	world->spec.self = child;
	world->spec.names = names;
	world->spec.appliance_kernel =
		"/boot/of-no-account"; /* the look into /boot is another test */
	disks = fl_disk_get(&world->spec, NULL, &error);
	g_assert_null(disks);
	g_assert_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "the appliance fell over (its log is "));
	assert_nothing_half_made(world->dir);
}

static void the_projects_own_recipes_are_valid(void)
{
	static const char *const none[] = {NULL};
	g_autofree char *cache = g_dir_make_tmp("fl-disk-XXXXXX", NULL);
	const FlDiskSpec spec = {.images_dir = FL_TEST_SRCDIR "/images",
				 .cache_dir = cache,
				 .self = "/bin/false",
				 .names = none};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) disks = fl_disk_get(&spec, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(disks->len, ==, 0);
	g_assert_true(fl_fs_remove(cache, NULL));
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], FL_DISK_CHILD_VERB) == 0)
		return fl_disk_child_main(argc - 1, argv + 1);
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/disk/the-projects-own-recipes-are-valid",
			the_projects_own_recipes_are_valid);
	g_test_add("/disk/names-the-disks-there-are", World, TINY, setup, names_the_disks_there_are,
		   teardown);
	g_test_add("/disk/tells-the-childs-own-words", World, TINY, setup,
		   tells_the_childs_own_words, teardown);
	g_test_add("/disk/leaves-nothing-when-cancelled", World, TINY, setup,
		   leaves_nothing_when_cancelled, teardown);
	g_test_add("/disk/makes-a-disk-once", World, KINDS, setup, makes_a_disk_once, teardown);
	return g_test_run();
}
