// SPDX-License-Identifier: GPL-2.0-only
/*
 * A meeting is two turns of one barrier. A demand for steps is a number that workers see at their
 * next step; each counts for itself, so that nothing orders what races, and tells the leader once.
 */
#include "ft_meet.h"
#include "ft.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

void ft_meet_init(struct ft_meet *meet, unsigned workers)
{
	memset(meet, 0, sizeof(*meet));
	meet->workers = workers;
	if (workers > FT_TEAM_MAX || sem_init(&meet->made, 0, 0) < 0 ||
	    pthread_barrier_init(&meet->barrier, NULL, workers + 1) != 0)
		ft_fail("a meeting of %u threads cannot be made", workers);
}

static void count_step(struct ft_meet *meet, unsigned worker)
{
	unsigned demand = atomic_load_explicit(&meet->demand, memory_order_acquire);

	if (demand != meet->steps[worker].seen) {
		meet->steps[worker].seen = demand;
		meet->steps[worker].left = meet->wanted;
	}
	if (meet->steps[worker].left && --meet->steps[worker].left == 0) {
		sem_post(&meet->made);
		/* With more threads than CPUs, those that are behind are waiting for ours. */
		sched_yield();
	}
}

bool ft_meet_pass(struct ft_meet *meet, unsigned worker)
{
	count_step(meet, worker);
	if (!atomic_load_explicit(&meet->called, memory_order_relaxed))
		return true;
	pthread_barrier_wait(&meet->barrier);
	pthread_barrier_wait(&meet->barrier);
	return !atomic_load(&meet->over);
}

void ft_meet_await(struct ft_meet *meet, unsigned long steps)
{
	meet->wanted = steps;
	atomic_fetch_add_explicit(&meet->demand, 1, memory_order_release);
	for (unsigned i = 0; i < meet->workers; i++)
		while (sem_wait(&meet->made) < 0 && errno == EINTR)
			;
}

void ft_meet_call(struct ft_meet *meet)
{
	atomic_store(&meet->called, true);
	pthread_barrier_wait(&meet->barrier);
}

void ft_meet_resume(struct ft_meet *meet)
{
	atomic_store(&meet->called, false);
	pthread_barrier_wait(&meet->barrier);
}

void ft_meet_end(struct ft_meet *meet)
{
	ft_meet_call(meet);
	atomic_store(&meet->over, true);
	pthread_barrier_wait(&meet->barrier);
}
