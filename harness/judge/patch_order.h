/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the functions that a kernel's patches touched ran, on which vCPU, in which order: from
 * the instructions that were watched. Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A function with lines of the patches in it. */
typedef struct {
	char *name;
	char *place; /* of the first of those lines that ran, else of one of them: mm/memory.c:5381 */
	uint64_t times; /* how often the one of those lines ran that ran most; 0: it did not run */
	unsigned vcpus; /* a bit for each vCPU that ran it */
	unsigned first_vcpu;
	uint64_t first_instruction; /* executed by all vCPUs before it first ran, to one block */
} FlPatchFunction;

/*
 * The functions in the order in which they first ran, of FlPatchFunction, then those that did not
 * run. The caller unrefs it.
 *
 * @param events  of FlTraceEvent
 * @param frames  each address that was watched, a uint64_t, to "do_fault mm/memory.c:5381"
 */
GPtrArray *fl_patch_order(const GArray *events, GHashTable *frames);

/* Every change of function or vCPU, a line each; the caller frees. */
char *fl_patch_order_text(const GArray *events, GHashTable *frames);
