/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run and replay show while guests run.
 */
#pragma once

#include "cli/cli.h"
#include "cli/options.h"
#include "flow/trial_run.h"

typedef struct {
	const FlCli *cli;
	const FlOptions *options;
	const FlGuestRecord *guest; /* whose tests were printed last; begins as NULL */
} FlProgress;

/* For a request; the progress is borrowed. */
FlTrialEvents fl_progress_events(FlProgress *progress);

/* Says which guests will run; an on_ready of a request. */
void fl_progress_ready(const FlRunRecord *record, gpointer data);
