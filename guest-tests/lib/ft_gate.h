/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that leave one place at the same moment, again and again. Whoever waits long sleeps, so
 * that a host with fewer CPUs than the guest runs those that have not come yet; but a thread that
 * has to be woken comes too late for a race of a few microseconds, so nobody leaves before one
 * that was woken is there as well.
 */
#pragma once

#include <stdatomic.h>

struct ft_gate {
	unsigned threads;
	/* All since the beginning. */
	atomic_uint arrived, asleep, awake;
	atomic_uint called; /* groups whose sleepers are woken */
	atomic_uint opened; /* groups that may leave */
};

void ft_gate_init(struct ft_gate *gate, unsigned threads);

/* Each of the threads, as often as the others. */
void ft_gate_pass(struct ft_gate *gate);
