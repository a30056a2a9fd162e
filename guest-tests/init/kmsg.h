/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's log, forwarded record by record, with an account of what was lost.
 */
#pragma once

#include "emit.h"

struct kmsg {
	int fd;
	unsigned long long first, last, lost;
	bool any;
};

bool kmsg_open(struct kmsg *kmsg);

/* Forwards all that is there now. */
void kmsg_drain(struct kmsg *kmsg, struct emit *emit);
