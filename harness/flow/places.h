/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the guests of a kernel may give way to each other: at the lines that its patches changed and
 * their neighbours; where they changed no code, at the functions of configs/yields/fault-path.list.
 */
#pragma once

#include "flow/site.h"
#include "kernel/kcache.h"

/* "do_shared_fault+0x1b" each; never none. The caller frees. */
char **fl_places(const FlSite *site, const FlKernel *kernel,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The names of a list, one a line; # begins a comment. The caller frees. */
char **fl_places_functions(const char *text);
