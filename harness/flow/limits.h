/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By what the limits of a guest are stretched, in thousandths. A limit that is too long only delays the
 * verdict on a hang; one that is too short accuses a kernel of what its host did. Asks no clock.
 */
#pragma once

#include <stdbool.h>

typedef struct {
	double timeout_scale;	 /* --timeout-scale, > 0 */
	unsigned slowness_milli; /* of the kernel with its checkers */
	unsigned speed_milli;	 /* of the accelerator, larger is slower */
	unsigned cpus, jobs;	 /* vCPUs of a guest, guests at a time */
	bool deterministic;
	unsigned cores; /* of the host */
	double load;	/* of the host, tasks that want a core; 0: not known */
} FlLimits;

/* Of the host's own limits. */
unsigned fl_limits_host_milli(const FlLimits *limits);

/* Of the guest's: where its clock is not the host's, the host has no say. */
unsigned fl_limits_guest_milli(const FlLimits *limits);

/* How many tasks want a core of this host, over the last minute; 0: not known. */
double fl_limits_load(void);
