/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The source that a finished kernel was built from, a line at a time, and which of its lines the
 * kernel's own patches wrote. The only libgit2 caller.
 *
 * Starts no process and waits for nothing, so it may be asked while guests run.
 */
#pragma once

#include <glib.h>

typedef struct FlSources FlSources;

/* The source of the kernel of that key; NULL when the cache no longer has the kernel or the tree. */
FlSources *fl_sources_open(const char *cache_dir, const char *key);
void fl_sources_close(FlSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlSources, fl_sources_close)

/*
 * Every line that a patch of this kernel wrote: a set of "mm/memory.c:5381"; the caller unrefs it.
 * Empty when there were no patches.
 */
GHashTable *fl_sources_patched(FlSources *sources);

/*
 * A line as a diff shows it: '+' before what a patch of this kernel wrote, else ' '. Lines count
 * from 1; the caller frees. NULL: there is no such file or line.
 */
char *fl_sources_line(FlSources *sources, const char *file, unsigned line);
