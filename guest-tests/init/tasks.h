/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tasks of the guest as /proc shows them: which are left over, which do not come back.
 */
#pragma once

#include "emit.h"
#include "orders.h"

#define TASKS_STUCK_MAX 8

struct task {
	int tgid, tid;
	char state;
	char comm[32];
	char frame[96]; /* top of the kernel stack, without the address; "?" if not known */
};

/* User processes other than PID 1. Kills them all when asked to. */
unsigned tasks_count_user(bool kill_them);

/* User tasks in state D; at most TASKS_STUCK_MAX of them. */
unsigned tasks_find_stuck(struct task found[TASKS_STUCK_MAX]);

/* One FL_WIRE_STUCK record each. */
void tasks_report_stuck(struct emit *emit, const struct order *order, const struct task *found,
			unsigned n);
