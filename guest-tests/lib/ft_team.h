/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A team of threads that start together and stay until all have finished, so that nothing but
 * their work lies between ft_team_go and ft_team_wait: no thread is made or ended in there.
 */
#pragma once

#define FT_TEAM_MAX 16

struct ft_team;

/* fn(index, arg) in each of n threads, from ft_team_go on. */
struct ft_team *ft_team_new(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);
void ft_team_go(struct ft_team *team);
void ft_team_wait(struct ft_team *team);
void ft_team_free(struct ft_team *team);

/* All of that in one call. */
void ft_team_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);
