/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that a guest's record describes, with its limits.
 */
#pragma once

#include "flow/site.h"
#include "judge/record.h"
#include "vm/vm.h"

/*
 * Everything of the machine but the files that belong to one life of it, and the rate of its
 * counter. Borrows from all of them.
 */
FlVmSpec fl_machine(const FlSite *site, const FlGuestRecord *guest, const FlVmDisk *disks,
		    size_t n_disks);
