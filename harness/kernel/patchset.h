/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patch files before git sees them: what they hold, whether they may be applied at all, and which
 * hunk git means when it refuses one. Pure functions of the text.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * Reads a unified diff or an mbox and checks what it may do: it must change something, in text,
 * and inside the tree.
 *
 * @param name      of the patch file, for messages
 * @param ret_text  the text to apply: as it is, with line ends made LF where all of them were CRLF;
 *                  caller frees
 * @return false with FL_KERNEL_ERROR_PATCH
 */
bool fl_patchset_check(const char *name, const char *text, gsize len, char **ret_text,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One sentence for what `git apply` printed when it refused the patch; caller frees. */
char *fl_patchset_explain(const char *name, const char *text, const char *git_output);

/* The number (from 1) of the hunk of a file that starts at this old line; 0 when there is none. */
unsigned fl_patchset_hunk(const char *text, const char *file, unsigned line);
