/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which accelerator works. Presence proves nothing: each must run a small 64-bit payload on two
 * vCPUs to a known result before a deadline. The answer is cached for this QEMU and host kernel.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	char *name;	      /* "kvm" or "tcg" */
	char *qemu_version;   /* the first line of what QEMU says of itself */
	char *reason;	      /* one sentence: why this one, and why not the other */
	unsigned speed_milli; /* time of a fixed integer loop, 1000 = the reference host under TCG;
			       * larger is slower. All limits are multiplied by it. At least 100. */
	bool pause_yields;    /* of tcg: it works with the plugin for spinning vCPUs */
} FlAccel;

/**
 * @param wanted  "auto", "kvm" or "tcg"; an explicit one that does not work is an error
 * @param pause_plugin  what QEMU loads so that vCPUs give way while they spin; need not exist
 * @param cache_dir  exists
 */
FlAccel *fl_accel_choose(const char *wanted, const char *qemu, const char *pause_plugin,
			 const char *cache_dir, GCancellable *cancel,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_accel_free(FlAccel *accel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlAccel, fl_accel_free)
