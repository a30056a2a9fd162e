// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which tasks are blocked, which of them is spoken of, and when a wait cannot end.
 */
#include "judge/blocked.h"
#include "tests/guest-fixture.h"

static const char *const frames[] = {"__schedule+0x1/0x2",
				     "schedule+0x1/0x2",
				     "down_write+0x1/0x2",
				     "0xffffffffc0000000",
				     "do_fault+0x1/0x2",
				     "handle_mm_fault+0x1/0x2",
				     NULL};
static const FlGuestTask a = {.comm = (char *)"a", .pid = 1}, b = {.comm = (char *)"b", .pid = 2},
			 thread = {.comm = (char *)"k", .pid = 3, .kernel_thread = true};

static FlLockwait lock_of(const FlGuestTask *owner)
{
	return (FlLockwait){.name = (char *)"the lock", .held = (char *)"held so", .owner = owner};
}

static FlBlocked sleeping(const FlGuestTask *task, FlLockwait *wait)
{
	return (FlBlocked){.task = task, .frames = (char **)frames, .wait = wait};
}

static GPtrArray *all_of(FlBlocked *first, FlBlocked *second)
{
	GPtrArray *all = g_ptr_array_new();

	g_ptr_array_add(all, first);
	if (second)
		g_ptr_array_add(all, second);
	return all;
}

static void tasks_in_state_d_with_their_locks(void)
{
	g_autoptr(Guest) guest = guest_new();
	g_autoptr(FlKimage) image = guest_image(guest);
	g_autoptr(GPtrArray) tasks = NULL;
	g_autoptr(GPtrArray) blocked = NULL;
	g_autoptr(GPtrArray) none = NULL;
	const FlBlocked *one;
	FlGuestmem memory;

	g_assert_true(fl_guestmem_init(&memory, image, guest_read, guest));
	tasks = fl_guesttask_walk(image, &memory);
	blocked = fl_blocked_find(image, &memory, tasks);
	g_assert_cmpuint(blocked->len, ==, 1);
	one = blocked->pdata[0];
	g_assert_true(one->task == tasks->pdata[0]);
	g_assert_true(g_str_has_prefix(one->frames[0], "rwsem_down_write_slowpath"));
	g_assert_cmphex(one->wait->address, ==, DIRECT + AT_LOCK);
	((FlGuestTask *)tasks->pdata[0])->state = 'S';
	none = fl_blocked_find(image, &memory, tasks);
	g_assert_cmpuint(none->len, ==, 0);
}

static void a_lock_tells_more_than_a_program(void)
{
	FlLockwait lock = lock_of(NULL);
	FlBlocked kernel = sleeping(&thread, NULL), program = sleeping(&a, NULL);
	FlBlocked kernel_lock = sleeping(&thread, &lock), program_lock = sleeping(&b, &lock);
	FlBlocked *const upwards[] = {&kernel, &program, &kernel_lock, &program_lock};

	for (size_t i = 0; i + 1 < G_N_ELEMENTS(upwards); i++) {
		g_autoptr(GPtrArray) there = all_of(upwards[i], upwards[i + 1]);
		g_autoptr(GPtrArray) back = all_of(upwards[i + 1], upwards[i]);

		g_assert_true(fl_blocked_telling(there) == upwards[i + 1]);
		g_assert_true(fl_blocked_telling(back) == upwards[i + 1]);
	}
}

static void no_task_is_spoken_of(void)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	g_assert_null(fl_blocked_telling(NULL));
	g_assert_null(fl_blocked_telling(none));
}

static void a_wait_in_words(void)
{
	static const char *const machinery[] = {"__schedule+0x1/0x2", "schedule+0x1/0x2", NULL};
	FlLockwait lock = lock_of(NULL);
	FlBlocked bare = sleeping(&a, NULL), waits = sleeping(&a, &lock);
	g_autofree char *sleeps = fl_blocked_sentence(&bare);
	g_autofree char *plain = fl_blocked_sentence(&waits);
	g_autofree char *taken = NULL, *nowhere = NULL;

	g_assert_cmpstr(sleeps, ==, "task a:1 sleeps in do_fault for something that is no lock");
	g_assert_cmpstr(plain, ==, "task a:1 waits in do_fault for the lock, held so");
	lock.taken_in = (char *)"exit_mmap+0x1/0x2";
	taken = fl_blocked_sentence(&waits);
	g_assert_cmpstr(taken, ==,
			"task a:1 waits in do_fault for the lock, held so; taken in "
			"exit_mmap+0x1/0x2");
	bare.frames = (char **)machinery;
	nowhere = fl_blocked_sentence(&bare);
	g_assert_true(g_str_has_prefix(nowhere, "task a:1 sleeps in the scheduler for"));
}

/* a waits for a lock of an owner, who may wait for one himself. */
static const struct {
	const char *what;
	const FlGuestTask *owner,
		*owner_of_b; /* of the lock of a; of that of b, NULL: it has none */
	bool is_reader, b_waits, for_ever;
	const char *sentence;
} waits[] = {
	{"nobody holds it", NULL, NULL, false, false, true, "task a:1 waits"},
	{"its own holder", &a, NULL, false, false, true, "task a:1 waits"},
	{"the last of its readers", &thread, NULL, true, false, true, "task a:1 waits"},
	{"a holder that is awake", &thread, NULL, false, false, false, "task a:1 waits"},
	{"a holder that sleeps for no lock", &b, NULL, false, false, false, "task a:1 waits"},
	{"a holder that waits for one that is awake", &b, &thread, false, true, false,
	 "task b:2 waits"},
	{"a holder that waits for nobody", &b, NULL, false, true, true, "task b:2 waits"},
	{"a circle", &b, &a, false, true, true,
	 "task b:2 waits in do_fault for the lock, held so; task a:1 waits"},
};

static void a_wait_ends_with_its_last_holder(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
		FlLockwait lock = lock_of(waits[i].owner), other = lock_of(waits[i].owner_of_b);
		FlBlocked first = sleeping(&a, &lock);
		FlBlocked second = sleeping(&b, waits[i].b_waits ? &other : NULL);
		g_autoptr(GPtrArray) all = all_of(&first, &second);
		g_autofree char *sentence = NULL;

		lock.owner_is_reader = waits[i].is_reader;
		g_test_message("%s", waits[i].what);
		g_assert_true(fl_blocked_for_ever(all, &first, &sentence) == waits[i].for_ever);
		g_assert_true(g_str_has_prefix(sentence, waits[i].sentence));
	}
}

static void a_circle_is_told_once(void)
{
	FlLockwait own = lock_of(&a), others = lock_of(&a);
	FlBlocked first = sleeping(&a, &own), second = sleeping(&b, &others);
	g_autoptr(GPtrArray) all = all_of(&first, &second);
	g_autofree char *sentence = NULL;

	g_assert_true(fl_blocked_for_ever(all, &second, &sentence));
	g_assert_cmpstr(sentence, ==, "task a:1 waits in do_fault for the lock, held so");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/blocked/tasks-in-state-d-with-their-locks",
			tasks_in_state_d_with_their_locks);
	g_test_add_func("/blocked/a-lock-tells-more-than-a-program",
			a_lock_tells_more_than_a_program);
	g_test_add_func("/blocked/no-task-is-spoken-of", no_task_is_spoken_of);
	g_test_add_func("/blocked/a-wait-in-words", a_wait_in_words);
	g_test_add_func("/blocked/a-wait-ends-with-its-last-holder",
			a_wait_ends_with_its_last_holder);
	g_test_add_func("/blocked/a-circle-is-told-once", a_circle_is_told_once);
	return g_test_run();
}
