/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which lock a sleeping task waits for, what it is called, and who holds it.
 */
#pragma once

#include "judge/guesttask.h"

typedef struct {
	uint64_t address;
	const char *kind; /* "rw_semaphore", "mutex", "semaphore" */
	char *name; /* "mmap_lock of ft-tests:12", "VMA lock of 7f..-7f.. in ft-tests:12" ... */
	const FlGuestTask *owner; /* NULL: nobody that lives; borrowed of the tasks */
	bool owner_is_reader;	  /* the last of those who took it for reading */
	unsigned readers;
	char *held;	/* the holder in words */
	char *taken_in; /* frame in which the holder took it; needs lockdep, else NULL */
} FlLockwait;

/* NULL: it waits for none that can be found. frames are its stack. */
FlLockwait *fl_lockwait_find(const FlKimage *image, const FlGuestmem *memory,
			     const GPtrArray *tasks, const FlGuestTask *task, char **frames);
void fl_lockwait_free(FlLockwait *wait);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlLockwait, fl_lockwait_free)
