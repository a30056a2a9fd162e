/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patches on top of a source state.
 */
#pragma once

#include "kernel/tree.h"

/**
 * Applies patches, in order, exactly: no fuzz. The tree becomes the state after them.
 *
 * @return false with FL_KERNEL_ERROR_PATCH: file and hunk; the tree is as it was
 */
bool fl_treepatch_apply(const char *cache_dir, FlTree *tree, const char *const *patches,
			GCancellable *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;
