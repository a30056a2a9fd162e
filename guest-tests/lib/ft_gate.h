/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that leave one place at the same moment, again and again. Nobody sleeps there: a thread
 * that has to be woken comes too late for a race of a few microseconds.
 */
#pragma once

#include <stdatomic.h>

struct ft_gate {
	unsigned threads;
	atomic_uint arrived; /* since the beginning */
};

void ft_gate_init(struct ft_gate *gate, unsigned threads);

/* Each of the threads, as often as the others. */
void ft_gate_pass(struct ft_gate *gate);
