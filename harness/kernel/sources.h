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
 * A line as a diff shows it: '+' before what a patch of this kernel wrote, else ' '. Lines count
 * from 1; the caller frees. NULL: there is no such file or line.
 */
char *fl_sources_line(FlSources *sources, const char *file, unsigned line);

/*
 * Tells each change that the kernel's patches made: n lines of a file from first on; of lines that
 * were only taken away the two that now meet there.
 */
typedef void (*FlSourcesChangeFn)(const char *file, unsigned first, unsigned n, gpointer data);
void fl_sources_changes(const FlSources *sources, FlSourcesChangeFn tell, gpointer data);
