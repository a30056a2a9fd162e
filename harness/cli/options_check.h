/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the values of options make sense, each by itself and beside the others.
 */
#pragma once

#include "cli/options.h"

/*
 * Fills in the memory, seeds, duration and depth that were written as text. has_args: words
 * behind the options are welcome.
 */
bool fl_options_check(FlOptions *options, FlOptionGroups groups, bool has_args,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;
