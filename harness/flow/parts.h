/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guests of a run are made of: accelerator, tests, kernels with their initramfs, places of
 * yields, disks. Each comes from its cache or is built, and nothing is booted.
 */
#pragma once

#include "flow/request.h"
#include "plan/manifest.h"

/* One kernel of the run. */
typedef struct {
	const FlPlanKernel *plan; /* borrowed */
	FlKernel *built;
	char *initramfs; /* without orders */
	FlYields yields; /* places NULL: no vCPU gives way */
} FlPartsKernel;

typedef struct {
	const FlSite *site;	     /* borrowed */
	const FlRunRequest *request; /* borrowed */
	FlAccel *accel;
	GPtrArray *manifest;	    /* of FlTest: all there are */
	GPtrArray *tests;	    /* of FlTest, borrowed: those that are asked for */
	GPtrArray *kernels;	    /* of FlPartsKernel */
	GPtrArray *disks;	    /* of FlDisk */
	const unsigned *cpu_counts; /* each kernel runs with each of them; borrowed */
	unsigned n_cpu_counts, memory_mib;
} FlParts;

/* Site and request must outlive them. On false what there is can still be cleared. */
bool fl_parts_get(FlParts *parts, const FlSite *site, const FlRunRequest *request,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

void fl_parts_clear(FlParts *parts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlParts, fl_parts_clear)
