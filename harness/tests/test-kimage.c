// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vmlinux and fl_offsets.ko say.
 */
#include "tests/guest-fixture.h"

static void symbols_and_fields(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	g_autofree char *frame = fl_kimage_frame(image, 0xffffffff81000050);
	g_autofree char *variable = NULL;
	uint64_t value;

	g_assert_cmpstr(frame, ==, "free_pgtables+0x10/0x40");
	g_assert_null(fl_kimage_frame(image, 0xffffffff81009000));
	g_assert_true(fl_kimage_symbol(image, "init_task", &value));
	g_assert_cmphex(value, ==, TEXT + AT_INIT_TASK);
	g_assert_false(fl_kimage_symbol(image, "nobody", &value));
	g_assert_true(fl_kimage_symbol(image, "a_lock", &value));
	variable = fl_kimage_variable(image, value + 8);
	g_assert_cmpstr(variable, ==, "a_lock");
	g_assert_null(fl_kimage_variable(image, value + 40));
	g_assert_true(fl_kimage_offset(image, "task_struct.comm", &value));
	g_assert_cmpuint(value, ==, F_COMM);
	g_assert_false(fl_kimage_offset(image, "task_struct.held_locks", &value));
	g_assert_cmpuint(fl_kimage_orc(image)->n, ==, 3);
}

static void without_the_module_no_field_is_known(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = fl_kimage_open(guest->vmlinux, NULL, NULL);

	g_assert_false(fl_kimage_has_offsets(image));
}

static void what_is_no_kernel_is_an_error(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autofree char *text = g_build_filename(guest->dir, "k.S", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(fl_kimage_open(text, NULL, &error));
	g_assert_nonnull(strstr(error->message, "k.S"));
	g_clear_error(&error);
	g_assert_null(fl_kimage_open("/nonexistent", NULL, &error));
	g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/kimage/symbols-and-fields", symbols_and_fields);
	g_test_add_func("/kimage/without-the-module-no-field-is-known",
			without_the_module_no_field_is_known);
	g_test_add_func("/kimage/what-is-no-kernel-is-an-error", what_is_no_kernel_is_an_error);
	return g_test_run();
}
