// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate of the guest's tests on the host: threads that pass it again and again. gate.t compiles the
 * gate with gate_threads_pause() behind each of its statements, which takes the CPU away from its
 * caller now and then, as a busy host does to a vCPU.
 */
#include "../../guest-tests/lib/ft_gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSES 2000

static struct ft_gate gate;

void gate_threads_pause(void)
{
	static _Thread_local unsigned short state[3];
	static atomic_uint threads;

	if (!state[0])
		state[0] = (unsigned short)(1 + atomic_fetch_add(&threads, 1));
	if (nrand48(state) % 256 == 0)
		usleep(1000);
}

static void *pass(void *arg)
{
	for (unsigned i = 0; i < PASSES; i++)
		ft_gate_pass(&gate);
	return arg;
}

int main(void)
{
	pthread_t threads[4];

	ft_gate_init(&gate, 4);
	for (unsigned i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, pass, NULL))
			return 2;
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
