/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many trials on one main loop, at most `jobs` guests at a time.
 */
#pragma once

#include "flow/trial_run.h"

/**
 * Runs all setups to their end.
 *
 * @param stop_at_failure  starts no further trial once one is not PASS
 * @return false with the first harness error or G_IO_ERROR_CANCELLED; trials under way are ended
 *         first, their guests' records say so, and no guest is left.
 */
bool fl_pool_run(const FlTrialSetup *setups, size_t n, unsigned jobs, bool stop_at_failure,
		 GCancellable *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;
