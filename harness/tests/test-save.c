// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine to a file and back: what QEMU is told, and what becomes of its answers.
 */
#include "tests/inspect-fixture.h"
#include "vm/save.h"

#include <jansson.h>
#include <string.h>

static void a_saved_guest_is_told(void)
{
	World *world = world_new("fake=hang");
	g_autofree char *state = g_build_filename(world->dir, "it's the state", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(fl_vm_save(world->vm, state, 10000000, &error));
	g_assert_no_error(error);
	g_assert_true(fl_fs_read(state, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "the machine");
	world_free(world);
}

static void a_failure_of_qemu_is_an_error(void)
{
	World *world = world_new("fake=unsaved");
	g_autofree char *state = g_build_filename(world->dir, "state", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_false(fl_vm_save(world->vm, state, 10000000, &error));
	g_assert_nonnull(strstr(error->message, "its migration is \"failed\""));
	world_free(world);
}

static void silence_of_qemu_is_an_error_in_time(void)
{
	World *world = world_new("fake=silence");
	g_autoptr(GError) error = NULL;

	g_assert_false(fl_vm_save(world->vm, "/nonexistent/state", 50000, &error));
	g_assert_nonnull(strstr(error->message, "did not answer stop in time"));
	world_free(world);
}

/* QEMU reads memory from the file only when it knows before that it is not in the other one. */
static void memory_is_left_out_before_the_rest_comes(void)
{
	g_autofree char *text = fl_save_restore_lines("fd:7");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *commands[2] = {NULL, NULL}, *name, *uri;
	json_t *first = json_loads(lines[0], 0, NULL), *second = json_loads(lines[1], 0, NULL);
	int state;

	g_assert_cmpuint(g_strv_length(lines), ==, 3);
	g_assert_cmpint(json_unpack(first, "{s:s, s:{s:[{s:s, s:b}]}}", "execute", &commands[0],
				    "arguments", "capabilities", "capability", &name, "state",
				    &state),
			==, 0);
	g_assert_cmpint(json_unpack(second, "{s:s, s:{s:s}}", "execute", &commands[1], "arguments",
				    "uri", &uri),
			==, 0);
	g_assert_cmpstr(commands[0], ==, "migrate-set-capabilities");
	g_assert_cmpstr(name, ==, FL_SAVE_WITHOUT_MEMORY);
	g_assert_cmpint(state, ==, 1);
	g_assert_cmpstr(commands[1], ==, "migrate-incoming");
	g_assert_cmpstr(uri, ==, "fd:7");
	json_decref(first);
	json_decref(second);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/save/a-saved-guest-is-told", a_saved_guest_is_told);
	g_test_add_func("/save/a-failure-of-qemu-is-an-error", a_failure_of_qemu_is_an_error);
	g_test_add_func("/save/silence-of-qemu-is-an-error-in-time",
			silence_of_qemu_is_an_error_in_time);
	g_test_add_func("/save/memory-is-left-out-before-the-rest-comes",
			memory_is_left_out_before_the_rest_comes);
	return g_test_run();
}
