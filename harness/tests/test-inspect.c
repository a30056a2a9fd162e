// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look into a guest through QMP: every answer of QEMU, and none at all.
 */
#include "tests/inspect-fixture.h"

#include <string.h>
#include <unistd.h>

static void a_guest_can_be_read(void)
{
	World *world = world_new("fake=hang");
	FlInspect *inspect = fl_vm_inspect(world->vm, world->scratch, 10000000);
	g_autofree char *registers = NULL;
	g_autoptr(GArray) times = NULL;
	g_autoptr(GError) error = NULL;
	uint8_t bytes[4];

	g_assert_true(fl_inspect_stop(inspect, &error));
	registers = fl_inspect_registers(inspect, &error);
	g_assert_nonnull(strstr(registers, "RIP=ffffffff81000000"));
	times = fl_inspect_cpu_ms(inspect);
	g_assert_cmpuint(times->len, ==, 1);
	/* Across the border of two blocks. */
	g_assert_true(fl_inspect_memory(0x2fffe, bytes, 4, inspect));
	g_assert_cmpmem(bytes, 4, "\2\2\3\3", 4);
	g_assert_true(fl_inspect_go_on(inspect, &error));
	g_assert_no_error(error);
	fl_inspect_free(inspect);
	g_assert_cmpint(access(world->scratch, F_OK), !=, 0);
	world_free(world);
}

static void beyond_the_ram_is_nothing(void)
{
	World *world = world_new("fake=hang");
	g_autoptr(FlInspect) inspect = fl_vm_inspect(world->vm, world->scratch, 10000000);
	uint8_t bytes[4];

	g_assert_false(fl_inspect_memory(1 << 20, bytes, 1, inspect));
	g_assert_false(fl_inspect_memory((1 << 20) - 1, bytes, 4, inspect));
	g_assert_false(fl_inspect_memory(UINT64_MAX - 1, bytes, 4, inspect));
	g_clear_pointer(&inspect, fl_inspect_free);
	world_free(world);
}

static void silence_of_qemu_is_an_error_in_time(void)
{
	World *world = world_new("fake=silence");
	g_autoptr(FlInspect) inspect = fl_vm_inspect(world->vm, world->scratch, 50000);
	g_autoptr(GError) error = NULL;

	g_assert_false(fl_inspect_stop(inspect, &error));
	g_assert_nonnull(strstr(error->message, "did not answer stop in time"));
	g_assert_null(fl_inspect_cpu_ms(inspect));
	g_clear_pointer(&inspect, fl_inspect_free);
	world_free(world);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/inspect/a-guest-can-be-read", a_guest_can_be_read);
	g_test_add_func("/inspect/beyond-the-ram-is-nothing", beyond_the_ram_is_nothing);
	g_test_add_func("/inspect/silence-of-qemu-is-an-error-in-time",
			silence_of_qemu_is_an_error_in_time);
	return g_test_run();
}
