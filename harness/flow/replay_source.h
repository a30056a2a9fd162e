/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one guest of an old run needs to live again: found in its evidence folder, which is never written
 * to, or in the cache, or built again as recorded.
 */
#pragma once

#include "flow/replay.h"
#include "flow/tracing.h"
#include "flow/trial_run.h"
#include "kernel/kcache.h"

/* All owned. */
typedef struct {
	char *dir; /* of the old evidence */
	char *bzimage;
	char *initrd;	      /* with the guest's orders, or: */
	char *orders;	      /* of one that went on from */
	FlSnapshot *snapshot; /* this boot */
	json_t *inputs;
	FlKernel *kernel; /* NULL: nothing of it was needed */
	GPtrArray *disks; /* of FlDisk */
	bool was_traced;
	char *trace_then;   /* its file */
	FlTracing *tracing; /* NULL: nothing is watched */
	FlTrialTrace trace; /* of the new run */
} FlReplaySource;

/*
 * guest: what the folder says of it; gets the paths of symbols where the request wants them. NULL with
 * FL_FLOW_ERROR_EVIDENCE: the folder is not what the run left, or lacks what nothing can bring back.
 */
FlReplaySource *fl_replay_source_new(const FlSite *site, const FlReplayRequest *request,
				     const char *dir, FlGuestRecord *guest,
				     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_replay_source_free(FlReplaySource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlReplaySource, fl_replay_source_free)
