/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bisect is about, as a list of candidates: the commits between two, the patches of a
 * series one by one, or the options in which two configurations differ.
 */
#pragma once

#include "flow/bisect.h"
#include "flow/prepare.h"

typedef enum { FL_BISECT_COMMITS, FL_BISECT_SERIES, FL_BISECT_OPTIONS } FlBisectKind;

typedef struct {
	FlBisectKind kind;
	GPtrArray *candidates; /* of FlBisectCandidate */
	char **files;	       /* the patches of the series; or of each candidate its fragment */
} FlBisectRange;

/* The commits that bad has and good has not. */
FlBisectRange *fl_bisect_range_commits(const char *dir, const char *good, const char *bad,
				       GCancellable *cancel,
				       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The patches of a folder in the order of their names; without any of them is good. */
FlBisectRange *fl_bisect_range_series(const char *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The options in which two fragments differ, in the order of their names, each on top of those
 * before. The fragments in between are written to a folder. An option whose dependencies come
 * later does not survive by itself; it is then not told apart from them.
 */
FlBisectRange *fl_bisect_range_options(const char *good, const char *bad, const char *folder,
				       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * What a candidate adds to a kernel, on top of what the user asked for anyway.
 *
 * @param ret_strings  keeps what ret_extra points to; caller frees with g_ptr_array_unref
 */
void fl_bisect_range_extra(const FlBisectRange *range, unsigned candidate, FlPrepare *extra,
			   GPtrArray **ret_strings);

void fl_bisect_range_free(FlBisectRange *range);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlBisectRange, fl_bisect_range_free)
