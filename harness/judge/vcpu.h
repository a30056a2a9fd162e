/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What QEMU's "info registers -a" says of each vCPU. Pure: text in, numbers out.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	unsigned number;
	uint64_t ip, sp, bp, r10, r13, di, dx;
	unsigned privilege; /* 3: user space */
	bool halted;	    /* waits for an interrupt */
	bool interrupts;    /* lets one in */
} FlVcpu;

/* Of FlVcpu; empty when the text is something else. */
GArray *fl_vcpu_parse(const char *text);
