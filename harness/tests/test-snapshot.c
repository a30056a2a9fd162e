// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of flow/snapshot: what is in its key, and that a boot which did not get to its save
 * point, or of which no proof came, is not kept. Those that are kept are boot-isolate.t's.
 */
#include "flow/snapshot.h"

#include "base/fs.h"

#include <string.h>

typedef struct {
	char *cache, *initramfs, *append;
	FlSite site;
	FlVmSpec machine;
	json_t *inputs;
	FlSnapshotSpec spec;
} World;

static World *world_new(const char *play)
{
	World *world = g_new0(World, 1);

	world->cache = g_dir_make_tmp("fl-snapshot-XXXXXX", NULL);
	world->initramfs = g_build_filename(world->cache, "base.cpio", NULL);
	world->append = g_strdup_printf("fake=%s", play);
	g_assert_true(fl_fs_write(world->initramfs, "base", 4, NULL));
	world->site = (FlSite){.root = (char *)FL_TEST_SRCDIR, .cache_dir = world->cache};
	world->machine = (FlVmSpec){.qemu = FL_TEST_SRCDIR "/harness/tests/fake-qemu",
				    .bzimage = "bzImage",
				    .append = world->append,
				    .cpus = 2,
				    .memory_mib = 128,
				    .accel = "tcg",
				    .boot_us = 10000000,
				    .total_us = 20000000};
	world->inputs = json_pack("{s:s}", "kernel", "feed");
	world->spec = (FlSnapshotSpec){.site = &world->site,
				       .machine = &world->machine,
				       .initramfs = world->initramfs,
				       .name = "patched",
				       .inputs = world->inputs};
	return world;
}

static void world_free(World *world)
{
	g_assert_true(fl_fs_remove(world->cache, NULL));
	json_decref(world->inputs);
	g_free(world->cache);
	g_free(world->initramfs);
	g_free(world->append);
	g_free(world);
}

static void test_key(void)
{
	World *world = world_new("exit");
	g_autofree char *key = fl_snapshot_key(&world->spec, 2000000);
	g_autofree char *measured_again = fl_snapshot_key(&world->spec, 2000123);
	g_autofree char *other_host = fl_snapshot_key(&world->spec, 3000000);
	g_autofree char *cpus = NULL, *line = NULL, *kernel = NULL, *clock = NULL;

	g_assert_cmpuint(strlen(key), ==, 64);
	g_assert_cmpstr(key, ==, measured_again);
	g_assert_cmpstr(key, !=, other_host);
	world->machine.watchdog_s = 20;
	line = fl_snapshot_key(&world->spec, 2000000);
	g_assert_cmpstr(key, !=, line);
	world->machine.watchdog_s = 0;
	world->machine.cpus = 4;
	cpus = fl_snapshot_key(&world->spec, 2000000);
	g_assert_cmpstr(key, !=, cpus);
	world->machine.cpus = 2;
	world->machine.deterministic = true;
	clock = fl_snapshot_key(&world->spec, 2000000);
	g_assert_cmpstr(key, !=, clock);
	world->machine.deterministic = false;
	json_object_set_new(world->inputs, "kernel", json_string("beef"));
	kernel = fl_snapshot_key(&world->spec, 2000000);
	g_assert_cmpstr(key, !=, kernel);
	world_free(world);
}

static unsigned count_entries(const char *cache)
{
	g_autofree char *path = g_build_filename(cache, "snapshots", NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(dir))
		n++;
	return n;
}

typedef struct {
	const char *name, *play, *why;
} Case;

static const Case cases[] = {
	{"/snapshot/a-boot-that-dies-is-not-kept", "reset", "reset itself"},
	{"/snapshot/a-boot-that-panics-is-not-kept", "panic", "panic"},
	{"/snapshot/a-boot-that-goes-past-is-not-kept", "exit", "last records are missing"},
};

static void test_unfit(gconstpointer data)
{
	const Case *c = data;
	World *world = world_new(c->play);
	FlSnapshot *snapshot = NULL;
	g_autofree char *why = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_snapshot_get(&world->spec, &snapshot, &why, &error));
	g_assert_no_error(error);
	g_assert_null(snapshot);
	g_test_message("%s", why);
	g_assert_nonnull(strstr(why, c->why));
	/* Its lock alone. */
	g_assert_cmpuint(count_entries(world->cache), ==, 1);
	world_free(world);
}

static void test_cancelled(void)
{
	World *world = world_new("silence");
	g_autoptr(GCancellable) cancel = g_cancellable_new();
	FlSnapshot *snapshot = NULL;
	g_autofree char *why = NULL;
	g_autoptr(GError) error = NULL;

	g_cancellable_cancel(cancel);
	world->site.cancel = cancel;
	g_assert_false(fl_snapshot_get(&world->spec, &snapshot, &why, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_null(snapshot);
	g_assert_cmpuint(count_entries(world->cache), ==, 1);
	world_free(world);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/snapshot/the-key-is-of-what-the-boot-does", test_key);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].name, &cases[i], test_unfit);
	g_test_add_func("/snapshot/a-cancelled-boot-is-not-kept", test_cancelled);
	return g_test_run();
}
