// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thread teams over three meetings at one barrier: ready, done, leave.
 */
#include "ft_team.h"
#include "ft.h"

#include <pthread.h>
#include <stdlib.h>

struct member {
	struct ft_team *team;
	pthread_t thread;
	unsigned index;
};

struct ft_team {
	pthread_barrier_t barrier;
	unsigned n;
	void (*fn)(unsigned index, void *arg);
	void *arg;
	struct member members[FT_TEAM_MAX];
};

static void *work(void *data)
{
	struct member *member = data;
	struct ft_team *team = member->team;

	pthread_barrier_wait(&team->barrier);
	team->fn(member->index, team->arg);
	pthread_barrier_wait(&team->barrier);
	pthread_barrier_wait(&team->barrier);
	return NULL;
}

struct ft_team *ft_team_new(unsigned n, void (*fn)(unsigned index, void *arg), void *arg)
{
	struct ft_team *team = calloc(1, sizeof(*team));

	if (!team || n > FT_TEAM_MAX)
		ft_fail("a team of %u threads cannot be made", n);
	team->n = n;
	team->fn = fn;
	team->arg = arg;
	pthread_barrier_init(&team->barrier, NULL, n + 1);
	for (unsigned i = 0; i < n; i++) {
		struct member *member = &team->members[i];

		member->team = team;
		member->index = i;
		if (pthread_create(&member->thread, NULL, work, member) != 0)
			ft_fail("thread %u of %u could not be made", i + 1, n);
	}
	return team;
}

void ft_team_go(struct ft_team *team)
{
	pthread_barrier_wait(&team->barrier);
}

void ft_team_wait(struct ft_team *team)
{
	pthread_barrier_wait(&team->barrier);
}

void ft_team_free(struct ft_team *team)
{
	pthread_barrier_wait(&team->barrier);
	for (unsigned i = 0; i < team->n; i++)
		pthread_join(team->members[i].thread, NULL);
	pthread_barrier_destroy(&team->barrier);
	free(team);
}

void ft_team_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg)
{
	struct ft_team *team = ft_team_new(n, fn, arg);

	ft_team_go(team);
	ft_team_wait(team);
	ft_team_free(team);
}
