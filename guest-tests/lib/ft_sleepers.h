/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads of a child that sleep in the kernel where no ordinary signal reaches them (state D).
 */
#pragma once

#include <sys/types.h>

/*
 * Returns when at least so many of the child's threads sleep; fails the case when the child ends
 * before, or when it takes too long. What they wait for is said in the message: "the disk".
 */
void ft_sleepers_await(pid_t pid, unsigned wanted, const char *what);

/* The same until its first thread sleeps and all others have ended. */
void ft_sleepers_await_alone(pid_t pid, const char *what);

/* Kills the child and reaps it; fails the case when a signal does not end its sleep. */
void ft_sleepers_kill(pid_t pid, const char *what);
