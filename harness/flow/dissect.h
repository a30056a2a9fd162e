/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A look into a guest that hangs, while it still is there: what vm/ can read, to what judge/ can
 * tell from it, kept as autopsy.json and autopsy.txt.
 */
#pragma once

#include "judge/record.h"
#include "vm/vm.h"

#include <jansson.h>

/*
 * Takes a few seconds at most. The guest stands still afterwards, unless it shall go on. dir is
 * the guest's folder, why a sentence without an end. The
 * caller's; NULL: this guest cannot be looked at.
 */
json_t *fl_dissect(FlVm *vm, const FlGuestRecord *guest, const char *dir, const char *why,
		   bool go_on);
