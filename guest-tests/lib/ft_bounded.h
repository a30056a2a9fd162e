/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Something that must end at once, and may hang for ever on a broken kernel.
 */
#pragma once

/*
 * Runs fn(arg) in a thread of its own and waits for it, but not for ever: fails the case with
 * "WHAT did not finish within N ms" when it does not come back.
 */
void ft_bounded(void (*fn)(void *arg), void *arg, const char *what);

/* The same for a child process that runs fn(arg) and ends. Its status must be 0. */
void ft_bounded_child(void (*fn)(void *arg), void *arg, const char *what);
