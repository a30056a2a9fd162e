/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between addresses in a trace and the source of the kernel that was traced.
 */
#pragma once

#include "judge/record.h"

/* What the patches of a guest's kernel wrote, as places in its memory; freed as one. */
typedef struct {
	GArray *addresses;  /* of uint64_t; modules are not looked into */
	GHashTable *frames; /* each of them to "do_fault mm/memory.c:5381" */
} FlTracing;

/* Empty for a kernel without patches of its own. Needs its vmlinux and its source in the cache. */
FlTracing *fl_tracing_new(const FlGuestRecord *guest, const char *cache_dir,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_tracing_free(FlTracing *tracing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlTracing, fl_tracing_free)

/*
 * What ran of it in a guest whose folder is dir, in words into its evidence as well.
 *
 * @param ret_functions  of FlPatchFunction; the caller unrefs it
 */
bool fl_tracing_order(const FlTracing *tracing, const char *dir, GPtrArray **ret_functions,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "vCPU 2, do_fault mm/memory.c:5381" of a block; its bare address without symbols. Caller frees. */
char *fl_tracing_place(const FlGuestRecord *guest, uint64_t word);
