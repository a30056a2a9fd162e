/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tasks of a guest that sleep and cannot be woken by a signal, each with the lock that it
 * waits for; and along the holders of these locks, whether the wait can end.
 */
#pragma once

#include "judge/lockwait.h"

/* A task in state D. */
typedef struct {
	const FlGuestTask *task; /* borrowed of the tasks */
	char **frames;
	FlLockwait *wait; /* NULL: for no lock that can be found */
} FlBlocked;

/* Of FlBlocked, in the order of the tasks, which must outlive it. */
GPtrArray *fl_blocked_find(const FlKimage *image, const FlGuestmem *memory, const GPtrArray *tasks);

/*
 * The one to speak of: one that waits for a lock, of a program rather than of the kernel. NULL:
 * there is none. blocked may be NULL.
 */
const FlBlocked *fl_blocked_telling(const GPtrArray *blocked);

/* "task ... waits in ... for ..., held by ..."; caller frees. */
char *fl_blocked_sentence(const FlBlocked *blocked);

/**
 * Whether nobody is known who could give back what this one waits for: the holders wait for each
 * other, or the last of them is gone, or a reader, of whom there may be more.
 *
 * @param from          one of blocked that waits for a lock
 * @param ret_sentence  tells the wait that decides, or the whole circle; caller frees
 */
bool fl_blocked_for_ever(const GPtrArray *blocked, const FlBlocked *from, char **ret_sentence);
