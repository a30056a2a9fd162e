/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the vCPUs of a guest do, seen at one look or at several: the guest stands still at each.
 */
#pragma once

#include "judge/guestmem.h"

/* That many looks at which a vCPU is in the same place say that it does not come out of there. */
#define FL_GUESTCPU_LOOKS 3

typedef enum {
	FL_GUESTCPU_IDLE,
	FL_GUESTCPU_KERNEL,
	FL_GUESTCPU_USER,
	FL_GUESTCPU_HALTED /* for ever: with interrupts off */
} FlGuestCpuDoes;

typedef struct {
	unsigned number;
	FlGuestCpuDoes does;
	bool has_time;	  /* host_ms is known: */
	uint64_t host_ms; /* what the host gave it while it was watched */
	char *task;	  /* as fl_guesttask_name; NULL: not known */
	char **frames;	  /* of the kernel, as fl_unwind gives them; NULL: none are known */
	GPtrArray *looks; /* of char *: the function or else what it did, this look the last */
	char **steady;	  /* functions of the kernel in which it was at every look; or NULL */
} FlGuestCpu;

/**
 * Of FlGuestCpu, by QEMU's register dump.
 *
 * @param memory  NULL: it cannot be read; then neither tasks nor frames are known
 * @param before  what the look before this one gave; NULL: this is the first
 */
GPtrArray *fl_guestcpu_look(const FlKimage *image, const FlGuestmem *memory, const char *registers,
			    const GPtrArray *before);

/* Notes the host's time, from two readings (of uint64_t, one for each vCPU, NULL: not known). */
void fl_guestcpu_measure(GPtrArray *cpus, const GArray *before_ms, const GArray *now_ms);

/* "idle", "kernel", "user", "halted" */
const char *fl_guestcpu_does(const FlGuestCpu *cpu);

/* Runs, and was seen often enough to say that it does not come out of where it is. */
bool fl_guestcpu_stays(const FlGuestCpu *cpu);

/* The innermost function in which it was at every look, else where it is; caller frees. */
char *fl_guestcpu_place(const FlGuestCpu *cpu);
