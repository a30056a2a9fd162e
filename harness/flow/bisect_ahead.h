/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels that a bisect may want next, built while its guests run: by this program itself, in a process
 * of its own at the lowest priority, one at a time. It only fills the cache; whoever wants a kernel asks
 * for it there as ever, and waits where it is just being built.
 */
#pragma once

#include "flow/prepare.h"

typedef struct FlBisectAhead FlBisectAhead;

/* plan, kernel: the file of the plan and the kernel's name in it. All borrowed. */
FlBisectAhead *fl_bisect_ahead_new(const FlSite *site, const char *plan, const char *kernel);

/*
 * A candidate that may be wanted next, behind those that wait already. Each is built once at most;
 * whether that went well is not told.
 */
void fl_bisect_ahead_want(FlBisectAhead *ahead, unsigned candidate, const FlPrepare *extra);

/* What has not been begun is no longer wanted. */
void fl_bisect_ahead_forget(FlBisectAhead *ahead);

/*
 * Waits for a build that has been begun, unless the site's cancel is set: a make that is killed costs
 * the next one everything that it would find done.
 */
void fl_bisect_ahead_free(FlBisectAhead *ahead);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlBisectAhead, fl_bisect_ahead_free)
