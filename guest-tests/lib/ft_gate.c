// SPDX-License-Identifier: GPL-2.0-only
/*
 * One counter: who comes as number n waits until the group that n belongs to is complete.
 */
#include "ft_gate.h"

#include <sched.h>

#define LOOKS 64 /* between two offers of the CPU to a thread that has not come yet */

void ft_gate_init(struct ft_gate *gate, unsigned threads)
{
	gate->threads = threads;
	atomic_init(&gate->arrived, 0);
}

void ft_gate_pass(struct ft_gate *gate)
{
	unsigned group = atomic_fetch_add(&gate->arrived, 1) / gate->threads;
	unsigned complete = (group + 1) * gate->threads;

	for (unsigned looks = 1; atomic_load(&gate->arrived) < complete; looks++) {
		if (looks % LOOKS == 0)
			sched_yield();
		__builtin_ia32_pause();
	}
}
