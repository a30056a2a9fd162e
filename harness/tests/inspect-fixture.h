/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest of tests/fake-qemu that runs and can be looked at.
 */
#pragma once

#include "base/fs.h"
#include "vm/vm.h"

typedef struct {
	char *dir, *console, *wire, *stderr_path, *command, *scratch;
	FlVm *vm;
	GMainLoop *loop;
} World;

static inline void on_bytes(FlVmPort port, const char *bytes, size_t len, uint64_t t_us,
			    gpointer data)
{
	const World *world = data;

	(void)bytes;
	(void)len;
	(void)t_us;
	if (port == FL_VM_WIRE)
		g_main_loop_quit(world->loop);
}

static inline void on_end(const FlVmEnd *end, gpointer data)
{
	const World *world = data;

	(void)end;
	g_main_loop_quit(world->loop);
}

/* Up to the first byte on the wire. */
static inline World *world_new(const char *play)
{
	World *world = g_new0(World, 1);
	g_autoptr(GError) error = NULL;

	world->dir = g_dir_make_tmp("fl-inspect-XXXXXX", NULL);
	world->console = g_build_filename(world->dir, "serial.log", NULL);
	world->wire = g_build_filename(world->dir, "wire.log", NULL);
	world->stderr_path = g_build_filename(world->dir, "qemu.log", NULL);
	world->command = g_build_filename(world->dir, "command.sh", NULL);
	world->scratch = g_build_filename(world->dir, "memory.tmp", NULL);
	world->loop = g_main_loop_new(NULL, FALSE);
	FlVmSpec spec = {.qemu = FL_TEST_SRCDIR "/harness/tests/fake-qemu",
			 .bzimage = "bzImage",
			 .append = play,
			 .cpus = 1,
			 .memory_mib = 1,
			 .accel = "tcg",
			 .console_path = world->console,
			 .wire_path = world->wire,
			 .stderr_path = world->stderr_path,
			 .command_path = world->command};
	world->vm = fl_vm_start(&spec, on_bytes, on_end, world, &error);
	g_assert_no_error(error);
	g_main_loop_run(world->loop);
	return world;
}

static inline void world_free(World *world)
{
	fl_vm_free(world->vm);
	g_assert_true(fl_fs_remove(world->dir, NULL));
	g_main_loop_unref(world->loop);
	g_free(world->dir);
	g_free(world->console);
	g_free(world->wire);
	g_free(world->stderr_path);
	g_free(world->command);
	g_free(world->scratch);
	g_free(world);
}
