// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock on a stack, its name and its holder.
 */
#include "judge/lockwait.h"
#include "tests/guest-fixture.h"

static void open_guest(Guest *guest, FlKimage *image, FlGuestmem *memory)
{
	g_assert_true(fl_guestmem_init(memory, image, guest_read, guest));
}

static FlLockwait *wait_of(Guest *guest, FlKimage *image, GPtrArray **ret_tasks)
{
	FlGuestmem memory;
	const FlGuestTask *task;
	g_auto(GStrv) frames = NULL;

	open_guest(guest, image, &memory);
	*ret_tasks = fl_guesttask_walk(image, &memory);
	task = (*ret_tasks)->pdata[0];
	frames = fl_guesttask_stack(image, &memory, task);
	return fl_lockwait_find(image, &memory, *ret_tasks, task, frames);
}

static const struct {
	uint64_t count, owner;
	uint64_t mm; /* of the task */
	const char *name, *held;
} cases[] = {
	{0x100, (DIRECT + AT_TASK) | 1, DIRECT + 0x20000,
	 "the VMA lock of 7f0000000000-7f0000001000 in ft_tests:51",
	 "held for reading 1 times, last taken so by that very task"},
	{0x100, 0xffff888000030001, DIRECT + AT_LOCK - 8, "mmap_lock of ft_tests:51",
	 "held for reading 1 times, last taken so by a task that is gone"},
	{1, DIRECT + AT_TASK, DIRECT + AT_LOCK - 8, "mmap_lock of ft_tests:51",
	 "held by that very task"},
	{1, 0, DIRECT + AT_LOCK - 8, "mmap_lock of ft_tests:51", "held by nobody that lives"},
};

static void locks_and_holders_have_names(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Guest) guest = guest_new();
		g_autoptr(FlKimage) image = guest_image(guest);
		g_autoptr(GPtrArray) tasks = NULL;
		g_autoptr(FlLockwait) wait = NULL;

		guest_put(guest, AT_LOCK, cases[i].count);
		guest_put(guest, AT_LOCK + 8, cases[i].owner);
		guest_put(guest, AT_TASK + F_MM, cases[i].mm);
		wait = wait_of(guest, image, &tasks);
		g_assert_nonnull(wait);
		g_assert_cmphex(wait->address, ==, DIRECT + AT_LOCK);
		g_assert_cmpstr(wait->name, ==, cases[i].name);
		g_assert_cmpstr(wait->held, ==, cases[i].held);
	}
}

static void a_list_that_is_none_is_no_lock(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	g_autoptr(GPtrArray) tasks = NULL;

	guest_put(guest, AT_LOCK + F_WAIT_LIST + 8, 0);
	g_assert_null(wait_of(guest, image, &tasks));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/lockwait/locks-and-holders-have-names", locks_and_holders_have_names);
	g_test_add_func("/lockwait/a-list-that-is-none-is-no-lock", a_list_that_is_none_is_no_lock);
	return g_test_run();
}
