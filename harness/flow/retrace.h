/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The traces of a guest then and now: the same, or the first block that differs, found by
 * checkpoints and a second pass.
 *
 * A trace has the hash of each interval, not its blocks. Now's blocks of the first interval that
 * differs were kept on the way, since the plugin had then's trace beside it; a second pass keeps the
 * blocks of that interval again, and where it comes to then's hash they are then's.
 */
#pragma once

#include "flow/trial_run.h"
#include "judge/trace.h"

typedef struct {
	bool compared;	     /* both were traced; else nothing below is set */
	bool same;	     /* as far as both go */
	FlTraceRecord total; /* of now */
	FlTraceRecord at;    /* executed before the first block that differs, or might */
	bool exact; /* the second pass did as then: it is that block; else one of its interval */
	char *then, *now; /* the block in each; NULL: it had ended, or is not known */
} FlRetrace;

void fl_retrace_clear(FlRetrace *retrace);

/**
 * @param setup     of the second pass, as the first was; its guest is fresh
 * @param then_dir  the older evidence, with a trace
 * @param now_dir   the newer, whose trace is compared; what the second pass leaves is in a folder there
 * @param cut       one of the two was ended from outside
 */
bool fl_retrace(const FlTrialSetup *setup, const char *then_dir, const char *now_dir, bool cut,
		FlRetrace *ret_retrace, GError **error) G_GNUC_WARN_UNUSED_RESULT;
