/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which options there are, with their words for --help.
 */
#pragma once

#include "cli/options.h"

/* Lets the context write the options of these groups, and those that every verb has. */
void fl_options_table_add(GOptionContext *context, FlOptions *options, FlOptionGroups groups,
			  const char *args);
