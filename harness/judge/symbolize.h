/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames to source lines, from the vmlinux of the very kernel that ran. The only libdw caller.
 */
#pragma once

#include "judge/verdict.h"

/*
 * Rewrites the frames of every splat from "func+0x1b/0x2a0" to "func mm/memory.c:5381" where the
 * debug information knows it; leaves the others as they are. A vmlinux that cannot be read is
 * an error and changes nothing.
 */
bool fl_symbolize(FlVerdict *verdict, const char *vmlinux,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;
