// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks by the ORC tables.
 */
#include "judge/unwind.h"
#include "tests/guest-fixture.h"

static void open_guest(Guest *guest, FlKimage *image, FlGuestmem *memory)
{
	g_assert_true(fl_guestmem_init(memory, image, guest_read, guest));
}

static char *stack_of(Guest *guest, FlUnwind at)
{
	g_autoptr(FlKimage) image = guest_image(guest);
	g_auto(GStrv) frames = NULL;
	FlGuestmem memory;

	open_guest(guest, image, &memory);
	frames = fl_unwind(image, &memory, at);
	return g_strjoinv(" ", frames);
}

static void a_stack_is_unwound_to_its_end(void)
{
	g_autoptr(Guest) guest = guest_new();
	FlUnwind at = {.ip = 0xffffffff81000010, .sp = DIRECT + AT_STACK + 0x3000 + 56};
	g_autofree char *stack = stack_of(guest, at);

	g_assert_cmpstr(stack, ==,
			"rwsem_down_write_slowpath+0x10/0x40 free_pgtables+0x10/0x40 "
			"ret_from_fork+0x10/0x40");
}

static void what_cannot_be_read_ends_it(void)
{
	g_autoptr(Guest) guest = guest_new();
	FlUnwind lost = {.ip = 0xffffffff81000010, .sp = 8};
	FlUnwind nowhere = {.ip = 0x1234, .sp = 8};
	g_autofree char *stack = stack_of(guest, lost);

	g_assert_cmpstr(stack, ==, "rwsem_down_write_slowpath+0x10/0x40");
	g_free(stack);
	stack = stack_of(guest, nowhere);
	g_assert_cmpstr(stack, ==, "0x1234");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/unwind/a-stack-is-unwound-to-its-end", a_stack_is_unwound_to_its_end);
	g_test_add_func("/unwind/what-cannot-be-read-ends-it", what_cannot_be_read_ends_it);
	return g_test_run();
}
