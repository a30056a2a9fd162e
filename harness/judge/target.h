/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One bug in a guest's verdict: was the one that is looked for seen, was it surely not, or does
 * the guest not tell? What a bisect asks of every commit.
 */
#pragma once

#include "judge/record.h"

/* What is looked for; both NULL: any fault at all. Borrowed. */
typedef struct {
	const char *const *tests; /* globs of tests */
	const char *signature;	  /* of a splat, or the beginning of one */
} FlTarget;

typedef enum { FL_TARGET_ABSENT, FL_TARGET_SEEN, FL_TARGET_UNKNOWN } FlTargetSight;

/* verdict may be NULL: a guest that was not run. */
FlTargetSight fl_target_look(const FlTarget *target, const FlVerdict *verdict);

/* Over all guests of a run: seen in one is seen; one that does not tell leaves it open. */
FlTargetSight fl_target_look_run(const FlTarget *target, const FlRunRecord *record);

/* Whether a splat is the one that is looked for. */
bool fl_target_is_signature(const FlTarget *target, const FlSplat *splat);
