/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stack of a task or vCPU of a guest that stands still, as the kernel itself would print it.
 */
#pragma once

#include "judge/guestmem.h"

typedef struct {
	uint64_t ip, sp, bp;
	uint64_t r10, r13, di, dx; /* of a vCPU; of a sleeping task they are not known */
	bool has_registers;	   /* they are known */
	bool exact;		   /* ip is where the CPU is, no return address */
} FlUnwind;

/*
 * "func+0x1b/0x2a0" for each frame, the innermost first, at most a hundred; by the ORC tables, and
 * by frame pointers where they know nothing. What cannot be unwound further ends the list.
 */
char **fl_unwind(const FlKimage *image, const FlGuestmem *memory, FlUnwind at);
