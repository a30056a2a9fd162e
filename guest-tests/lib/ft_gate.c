// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who comes as number n waits until the last of its group opens the gate. Nobody can be in two
 * groups, so all who slept for an earlier one are awake when the last of a group comes.
 */
#include "ft_gate.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define YIELD_LOOKS 64	 /* between two offers of the CPU to a thread of the same one */
#define SLEEP_LOOKS 256	 /* then the last one is not about to come */
#define WAKE_LOOKS  4096 /* longer than a thread needs to wake up */

void ft_gate_init(struct ft_gate *gate, unsigned threads)
{
	*gate = (struct ft_gate){.threads = threads};
}

/* Until the number is larger than that; false: it was not after so many looks. */
static bool look(atomic_uint *number, unsigned than, unsigned looks)
{
	for (unsigned i = 1; i <= looks; i++) {
		if (atomic_load(number) > than)
			return true;
		if (i % YIELD_LOOKS == 0)
			sched_yield();
		__builtin_ia32_pause();
	}
	return false;
}

static void sleep_for(struct ft_gate *gate, unsigned group)
{
	atomic_fetch_add(&gate->asleep, 1);
	while (atomic_load(&gate->called) <= group)
		syscall(SYS_futex, &gate->called, FUTEX_WAIT_PRIVATE, group, NULL, NULL, 0);
	atomic_fetch_add(&gate->awake, 1);
}

/* Where all others sleep, waits for the first of them. */
static void open_for(struct ft_gate *gate, unsigned group)
{
	unsigned awake = atomic_load(&gate->awake);
	unsigned sleepers;

	/* Before the look for sleepers: who counts himself after it sees that he need not sleep. */
	atomic_store(&gate->called, group + 1);
	sleepers = atomic_load(&gate->asleep) - awake;
	if (sleepers)
		syscall(SYS_futex, &gate->called, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	if (sleepers && sleepers + 1 == gate->threads)
		look(&gate->awake, awake, WAKE_LOOKS);
	atomic_store(&gate->opened, group + 1);
}

void ft_gate_pass(struct ft_gate *gate)
{
	unsigned number = atomic_fetch_add(&gate->arrived, 1);
	unsigned group = number / gate->threads;

	if (number % gate->threads == gate->threads - 1) {
		open_for(gate, group);
		return;
	}
	if (look(&gate->opened, group, SLEEP_LOOKS))
		return;
	sleep_for(gate, group);
	while (!look(&gate->opened, group, WAKE_LOOKS))
		;
}
