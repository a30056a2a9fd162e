/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An interactive guest: the same kernel, initramfs and disks as a run, with a shell on the
 * console instead of the tests.
 */
#pragma once

#include "flow/prepare.h"

/* All borrowed. */
typedef struct {
	const FlPlanKernel *kernel;
	FlPrepare extra;
	unsigned cpus, memory_mib;
	const char *accel;
	uint64_t seed;
} FlShellRequest;

/* Boots it on the terminal and comes back when the guest has ended; leaves nothing behind. */
bool fl_shell(const FlSite *site, const FlShellRequest *request,
	      GError **error) G_GNUC_WARN_UNUSED_RESULT;
