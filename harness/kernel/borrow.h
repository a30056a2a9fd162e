/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies what a source state needs out of a repository of the user's, which is only read.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/**
 * Makes a tree of the cache's repository complete.
 *
 * @param objects  the user's object folder
 * @param scratch  a folder for files of lists
 * @return false when the user's repository does not have all that is missing either
 */
bool fl_borrow_tree(const char *cache_dir, const char *tree_id, const char *objects,
		    const char *scratch, GCancellable *cancel,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;
