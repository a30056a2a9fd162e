/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tasks of a guest that stands still, read from its memory.
 */
#pragma once

#include "judge/unwind.h"

typedef struct {
	uint64_t address; /* of its task_struct */
	int pid, tgid;
	char *comm;
	char state; /* as ps shows it: R S D I T Z */
	bool kernel_thread;
	uint64_t stack, sp; /* low end of its kernel stack; where it was switched off */
	uint64_t mm;
} FlGuestTask;

/*
 * Of FlGuestTask, every thread of every process. NULL: the fields are not known, or the list makes
 * no sense.
 */
GPtrArray *fl_guesttask_walk(const FlKimage *image, const FlGuestmem *memory);

/* The task_struct at an address, also one that is in no list; NULL: the fields are not known. */
FlGuestTask *fl_guesttask_read(const FlKimage *image, const FlGuestmem *memory, uint64_t address);
void fl_guesttask_free(FlGuestTask *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlGuestTask, fl_guesttask_free)

/* The task of these at an address, NULL: none lives there. */
const FlGuestTask *fl_guesttask_find(const GPtrArray *tasks, uint64_t address);

/* "comm:pid"; caller frees. */
char *fl_guesttask_name(const FlGuestTask *task);

/* The stack of a task that is not on a CPU, as fl_unwind gives it. */
char **fl_guesttask_stack(const FlKimage *image, const FlGuestmem *memory, const FlGuestTask *task);

/* The task that vCPU number cpu runs, 0: not known. */
uint64_t fl_guesttask_current(const FlKimage *image, const FlGuestmem *memory, unsigned cpu);
