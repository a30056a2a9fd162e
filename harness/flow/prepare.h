/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a plan's kernel to a bzImage with all that a guest needs beside it. Builds what is not in
 * the cache.
 */
#pragma once

#include "flow/site.h"
#include "kernel/kcache.h"
#include "plan/plan.h"
#include "vm/vm.h"

/* What the user asked for on top of the plan. Borrowed; NULL where nothing was asked for. */
typedef struct {
	const char *tree;	      /* --kernel-tree */
	const char *revision;	      /* a commit of the tree */
	const char *image;	      /* --image: no build at all */
	const char *const *patches;   /* --patch, on top of the kernel's own */
	const char *const *fragments; /* --config, on top of the kernel's own */
	unsigned jobs;		      /* make -j; 0: one for each CPU */
} FlPrepare;

/* The kernel of a plan with the user's additions, from the cache or built now. */
FlKernel *fl_prepare_kernel(const FlSite *site, const FlPlanKernel *kernel, const FlPrepare *extra,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The initramfs of a kernel, without orders; with the programs among the tests (of FlTest, may be
 * NULL).
 */
bool fl_prepare_initramfs(const FlSite *site, const FlKernel *kernel, const GPtrArray *tests,
			  char **ret_path, char **ret_key,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Disks (of FlDisk) as the machine wants them: one each, borrowed from them; the caller frees. */
FlVmDisk *fl_prepare_vm_disks(const GPtrArray *disks);

/*
 * By how much a kernel's own checkers slow it down, in thousandths: 1000 for none. Limits are
 * multiplied by it.
 */
unsigned fl_prepare_slowness_milli(const FlKernel *kernel);
