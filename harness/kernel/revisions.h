/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commits between two of a user's git repository, which is only read.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct {
	char *id;
	char *tree; /* git tree id: equal trees are equal kernels */
	char *subject;
	GArray *parents; /* of unsigned: indices; what is not between the two counts as 0 */
} FlRevision;

/**
 * All commits that `bad` has and `good` has not, parents first.
 *
 * @return of FlRevision, the first is good, the last is bad; NULL with FL_KERNEL_ERROR_TREE when
 *         one of them is no commit or nothing is between them
 */
GPtrArray *fl_revisions_between(const char *dir, const char *good, const char *bad,
				GCancellable *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;
