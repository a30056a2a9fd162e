// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's life, with tests/fake-qemu in QEMU's place: every way of ending is told as what it
 * was, and no byte that QEMU wrote is lost.
 */
#include "base/fs.h"
#include "vm/vm.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAKE FL_TEST_SRCDIR "/harness/tests/fake-qemu"

typedef struct {
	char *dir;
	char *console, *wire, *stderr_path, *command, *append;
	FlVmSpec spec;
	FlVm *vm;
	GMainLoop *loop;
	GByteArray *bytes[FL_VM_N_PORTS];
	bool stop_at_first;
	FlVmFork files;
	unsigned ends;
	FlEnding kind;
	char *detail;
} World;

static void on_bytes(FlVmPort port, const char *bytes, size_t len, uint64_t t_us, gpointer data)
{
	World *world = data;

	(void)t_us;
	g_byte_array_append(world->bytes[port], (const guint8 *)bytes, (guint)len);
	if (world->stop_at_first)
		fl_vm_stop(world->vm, FL_ENDING_STOPPED, 20000);
}

static void on_end(const FlVmEnd *end, gpointer data)
{
	World *world = data;

	world->ends++;
	world->kind = end->kind;
	world->detail = g_strdup(end->detail);
	g_main_loop_quit(world->loop);
}

static World *world_new(const char *play)
{
	World *world = g_new0(World, 1);

	world->dir = g_dir_make_tmp("fl-vm-XXXXXX", NULL);
	world->console = g_build_filename(world->dir, "serial.log", NULL);
	world->wire = g_build_filename(world->dir, "wire.log", NULL);
	world->stderr_path = g_build_filename(world->dir, "qemu.log", NULL);
	world->command = g_build_filename(world->dir, "command.sh", NULL);
	world->append = g_strdup_printf("fake=%s", play);
	world->spec = (FlVmSpec){
		.qemu = FAKE,
		.bzimage = "bzImage",
		.append = world->append,
		.cpus = 2,
		.memory_mib = 128,
		.accel = "tcg",
		.console_path = world->console,
		.wire_path = world->wire,
		.stderr_path = world->stderr_path,
		.command_path = world->command,
		.boot_us = 10000000,
		.total_us = 20000000,
	};
	world->loop = g_main_loop_new(NULL, FALSE);
	for (int i = 0; i < FL_VM_N_PORTS; i++)
		world->bytes[i] = g_byte_array_new();
	return world;
}

static void world_run(World *world)
{
	g_autoptr(GError) error = NULL;

	world->vm = fl_vm_start(&world->spec, on_bytes, on_end, world, &error);
	g_assert_no_error(error);
	g_main_loop_run(world->loop);
	g_assert_cmpuint(world->ends, ==, 1);
}

static void world_free(World *world)
{
	fl_vm_free(world->vm);
	g_assert_true(fl_fs_remove(world->dir, NULL));
	g_main_loop_unref(world->loop);
	for (int i = 0; i < FL_VM_N_PORTS; i++)
		g_byte_array_unref(world->bytes[i]);
	g_free(world->dir);
	g_free(world->console);
	g_free(world->wire);
	g_free(world->stderr_path);
	g_free(world->command);
	g_free(world->append);
	g_free(world->detail);
	g_free(world);
}

typedef struct {
	const char *name;
	const char *play;
	uint64_t boot_us, silence_us, total_us, max;
	FlEnding kind;
	const char *detail; /* a part of it */
} Case;

static const Case cases[] = {
	{"/vm/its-own-exit-is-told", "exit", 0, 0, 0, 0, FL_ENDING_EXIT, "own last act"},
	{"/vm/a-reset-is-told", "reset", 0, 0, 0, 0, FL_ENDING_RESET, "reset"},
	{"/vm/a-power-off-is-told", "poweroff", 0, 0, 0, 0, FL_ENDING_POWEROFF, "powered off"},
	{"/vm/a-panic-is-no-mere-reset", "panic", 0, 0, 0, 0, FL_ENDING_PANIC, "panic"},
	{"/vm/refused-arguments-are-quoted", "refuse", 0, 0, 0, 0, FL_ENDING_QEMU,
	 "status 1: qemu-system-x86_64: -machine nonsense"},
	{"/vm/an-early-death-is-quoted", "early", 0, 0, 0, 0, FL_ENDING_QEMU, "load the kernel"},
	{"/vm/a-clean-end-without-reason-is-no-exit", "clean", 0, 0, 0, 0, FL_ENDING_QEMU,
	 "had not asked"},
	{"/vm/a-crash-of-qemu-is-told", "killed", 0, 0, 0, 0, FL_ENDING_QEMU, "signal 11"},
	{"/vm/no-boot-is-told", "noboot", 50000, 0, 0, 0, FL_ENDING_NO_BOOT, "wire"},
	{"/vm/silence-is-told", "silence", 0, 50000, 0, 0, FL_ENDING_SILENCE, "either port"},
	{"/vm/chatter-is-no-silence", "chatter", 0, 2000000, 400000, 0, FL_ENDING_TOTAL, "0.4 s"},
	{"/vm/chatter-alone-is-silence", "chatter", 0, 50000, 0, 0, FL_ENDING_SILENCE,
	 "no byte on the wire for 0.1 s"},
	{"/vm/a-flood-is-stopped", "flood", 0, 0, 0, 1000000, FL_ENDING_FLOOD, "1000000 bytes"},
	{"/vm/odd-bytes-do-no-harm", "bytes", 0, 0, 0, 0, FL_ENDING_EXIT, ""},
	{"/vm/broken-qmp-does-no-harm", "badqmp", 0, 0, 0, 0, FL_ENDING_EXIT, ""},
};

static void test_case(gconstpointer data)
{
	const Case *c = data;
	World *world = world_new(c->play);

	if (c->boot_us)
		world->spec.boot_us = c->boot_us;
	if (c->total_us)
		world->spec.total_us = c->total_us;
	world->spec.silence_us = c->silence_us;
	world->spec.console_max = c->max;
	world_run(world);
	g_assert_cmpstr(fl_ending_name(world->kind), ==, fl_ending_name(c->kind));
	g_assert_nonnull(strstr(world->detail, c->detail));
	world_free(world);
}

static void test_no_byte_lost(void)
{
	World *world = world_new("late");

	world_run(world);
	g_assert_cmpuint(world->bytes[FL_VM_CONSOLE]->len, ==, 3000000);
	g_assert_cmpuint(world->bytes[FL_VM_WIRE]->len, ==, 100000);
	world_free(world);
}

static void test_bytes_as_they_were(void)
{
	static const char expected[] = "half \0\xff\rline";
	World *world = world_new("bytes");
	GByteArray *got = world->bytes[FL_VM_CONSOLE];

	world_run(world);
	g_assert_cmpmem(got->data, got->len, expected, sizeof(expected) - 1);
	world_free(world);
}

static void test_stop(void)
{
	World *world = world_new("silence");

	world->stop_at_first = true;
	world_run(world);
	g_assert_cmpint(world->kind, ==, FL_ENDING_STOPPED);
	world_free(world);
}

static void test_missing(void)
{
	World *world = world_new("exit");
	g_autoptr(GError) error = NULL;

	world->spec.qemu = "/nonexistent/qemu";
	g_assert_null(fl_vm_start(&world->spec, on_bytes, on_end, world, &error));
	g_assert_error(error, FL_VM_ERROR, FL_VM_ERROR_MISSING);
	g_assert_nonnull(strstr(error->message, "apt-get install qemu-system-x86"));
	world_free(world);
}

static void test_free_kills(void)
{
	World *world = world_new("silence");
	g_autoptr(GError) error = NULL;

	world->vm = fl_vm_start(&world->spec, on_bytes, on_end, world, &error);
	g_assert_no_error(error);
	fl_vm_free(world->vm);
	world->vm = NULL;
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(world->ends, ==, 0);
	world_free(world);
}

static void test_script(void)
{
	World *world = world_new("exit");
	g_autofree char *script = NULL;

	world_run(world);
	g_assert_cmpint(access(world->command, X_OK), ==, 0);
	g_assert_true(fl_fs_read(world->command, &script, NULL, NULL));
	g_assert_true(g_str_has_prefix(script, "#!/bin/sh\n"));
	world_free(world);
}

/* A restored guest's console is that of its boot, and what follows. */
static void test_restored_console(void)
{
	static const char expected[] = "[ 0.1] its boo\0t\nLinux version 6.12\n";
	World *world = world_new("exit");
	g_autofree char *before = g_build_filename(world->dir, "before.log", NULL);
	g_autofree char *log = NULL;
	size_t len;

	g_assert_true(fl_fs_write(before, expected, strlen("[ 0.1] its boo") + 3, NULL));
	world->files = (FlVmFork){
		.ram = "/nonexistent/ram", .state = before, .orders = "o", .console = before};
	world->spec.fork = &world->files;
	world_run(world);
	g_assert_true(fl_fs_read(world->console, &log, &len, NULL));
	g_assert_cmpmem(log, len, expected, sizeof(expected) - 1);
	g_assert_cmpmem(world->bytes[FL_VM_CONSOLE]->data, world->bytes[FL_VM_CONSOLE]->len,
			expected, sizeof(expected) - 1);
	world_free(world);
}

/* What QEMU is told to go on with opens its socket, which nothing else is taken from. */
static void test_deterministic_restore(void)
{
	World *world = world_new("panic");

	world->files =
		(FlVmFork){.ram = "r", .state = "/dev/null", .orders = "o", .console = "/dev/null"};
	world->spec.fork = &world->files;
	world->spec.deterministic = true;
	world_run(world);
	g_assert_cmpint(world->kind, ==, FL_ENDING_RESET);
	world_free(world);
}

/* Nothing that was restored and stays silent may be held against the kernel. */
static void test_restored_silence(void)
{
	World *world = world_new("noboot");

	world->files =
		(FlVmFork){.ram = "r", .state = "/dev/null", .orders = "o", .console = "/dev/null"};
	world->spec.fork = &world->files;
	world->spec.boot_us = 50000;
	world_run(world);
	g_assert_cmpint(world->kind, ==, FL_ENDING_QEMU);
	g_assert_nonnull(strstr(world->detail, "no byte on the wire"));
	world_free(world);
}

static void test_missing_state(void)
{
	World *world = world_new("exit");
	g_autoptr(GError) error = NULL;

	world->files = (FlVmFork){
		.ram = "r", .state = "/nonexistent/state", .orders = "o", .console = "/dev/null"};
	world->spec.fork = &world->files;
	g_assert_null(fl_vm_start(&world->spec, on_bytes, on_end, world, &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent/state cannot be opened"));
	world_free(world);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].name, &cases[i], test_case);
	g_test_add_func("/vm/no-byte-is-lost-at-the-end", test_no_byte_lost);
	g_test_add_func("/vm/a-deterministic-guest-that-goes-on-is-not-listened-to",
			test_deterministic_restore);
	g_test_add_func("/vm/bytes-come-as-they-were", test_bytes_as_they_were);
	g_test_add_func("/vm/stop-ends-it-after-the-grace-time", test_stop);
	g_test_add_func("/vm/missing-qemu-names-the-package", test_missing);
	g_test_add_func("/vm/free-kills-without-a-call", test_free_kills);
	g_test_add_func("/vm/a-restored-console-begins-with-its-boot", test_restored_console);
	g_test_add_func("/vm/a-restored-guest-that-is-silent-is-no-hang", test_restored_silence);
	g_test_add_func("/vm/a-missing-state-is-named", test_missing_state);
	g_test_add_func("/vm/the-command-is-runnable", test_script);
	return g_test_run();
}
