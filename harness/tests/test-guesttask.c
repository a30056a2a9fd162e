// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of tasks, also a torn one.
 */
#include "judge/guesttask.h"
#include "tests/guest-fixture.h"

static void open_guest(Guest *guest, FlKimage *image, FlGuestmem *memory)
{
	g_assert_true(fl_guestmem_init(memory, image, guest_read, guest));
}

static void tasks_are_walked(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	g_autoptr(GPtrArray) tasks = NULL;
	const FlGuestTask *task;
	FlGuestmem memory;

	open_guest(guest, image, &memory);
	tasks = fl_guesttask_walk(image, &memory);
	g_assert_nonnull(tasks);
	g_assert_cmpuint(tasks->len, ==, 1);
	task = tasks->pdata[0];
	g_assert_cmpint(task->pid, ==, 51);
	g_assert_cmpstr(task->comm, ==, "ft_tests");
	g_assert_cmpint(task->state, ==, 'D');
	g_assert_true(fl_guesttask_find(tasks, DIRECT + AT_TASK) == task);
	g_assert_null(fl_guesttask_find(tasks, 0));
	g_assert_cmphex(fl_guesttask_current(image, &memory, 0), ==, TEXT + AT_INIT_TASK);
}

static void states_have_letters(void)
{
	static const struct {
		uint32_t state;
		char letter;
	} cases[] = {{0, 'R'},	   {1, 'S'}, {2, 'D'},	 {0x102, 'D'},
		     {0x402, 'I'}, {4, 'T'}, {0x20, 'Z'}};
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	FlGuestmem memory;

	open_guest(guest, image, &memory);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(FlGuestTask) task = NULL;

		guest_put(guest, AT_TASK + F_STATE, cases[i].state);
		task = fl_guesttask_read(image, &memory, DIRECT + AT_TASK);
		g_assert_cmpint(task->state, ==, cases[i].letter);
	}
}

static void a_torn_list_is_none(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	FlGuestmem memory;

	open_guest(guest, image, &memory);
	guest_put(guest, AT_TASK + F_TASKS, 0);
	g_assert_null(fl_guesttask_walk(image, &memory));
	/* A circle that never comes back to its head. */
	guest_put(guest, AT_TASK + F_TASKS, DIRECT + AT_TASK + F_TASKS);
	g_assert_null(fl_guesttask_walk(image, &memory));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/guesttask/tasks-are-walked", tasks_are_walked);
	g_test_add_func("/guesttask/states-have-letters", states_have_letters);
	g_test_add_func("/guesttask/a-torn-list-is-none", a_torn_list_is_none);
	return g_test_run();
}
