/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two witnesses made one: reports of the console and of the kernel's log, each once, without
 * those that user space provably wrote itself.
 */
#pragma once

#include "judge/kernlog.h"

typedef struct {
	FlSplat *splat;	    /* owned by the verdict it goes into */
	const char *during; /* name of the test that ran, or NULL; borrowed */
	bool dies;
} FlFinding;

/* Of FlFinding: those of the console in its order, then what only the kernel's log has. */
GArray *fl_findings_merge(const GPtrArray *console, const FlKernlog *log,
			  const FlSessionTest *running);
