/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workers that go on and on until the thread that leads them calls a meeting: then all stand
 * still, so that what they did can be compared. The leader also waits for their steps, which is how a
 * race gets its time on a fast machine and on a slow one.
 */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "ft_team.h"

struct ft_meet {
	unsigned workers;
	pthread_barrier_t barrier;
	atomic_bool called, over;
	unsigned long wanted; /* steps of each worker, by the latest demand */
	atomic_uint demand;
	sem_t made;
	struct {
		_Alignas(64) unsigned seen; /* the demand, by this worker */
		unsigned long left;
	} steps[FT_TEAM_MAX];
};

void ft_meet_init(struct ft_meet *meet, unsigned workers);

/* A worker, between two steps: stands still while a meeting is on. False: there is no more to do. */
bool ft_meet_pass(struct ft_meet *meet, unsigned worker);

/* The leader: returns when every worker has made so many steps from now on. */
void ft_meet_await(struct ft_meet *meet, unsigned long steps);

/* The leader: returns when all stand still; and lets them go on, or lets them end. */
void ft_meet_call(struct ft_meet *meet);
void ft_meet_resume(struct ft_meet *meet);
void ft_meet_end(struct ft_meet *meet);
