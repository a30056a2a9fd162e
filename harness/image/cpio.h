/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deterministic newc archives, as the kernel unpacks them into its root file system.
 * Sorted by path, owner 0, time 0, inode numbers by position, one link each. Needs no root:
 * a device node is only an entry. Paths are relative ("bin/sh"), parents are added by
 * themselves (mode 0755) unless they were added by name.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct FlCpio FlCpio;

FlCpio *fl_cpio_new(void);

/* Permission bits of `mode` only. A path that was added before is replaced. */
void fl_cpio_add_dir(FlCpio *cpio, const char *path, unsigned mode);
void fl_cpio_add_file(FlCpio *cpio, const char *path, unsigned mode, GBytes *content);
void fl_cpio_add_text(FlCpio *cpio, const char *path, unsigned mode, const char *text);
void fl_cpio_add_link(FlCpio *cpio, const char *path, const char *target);
void fl_cpio_add_chardev(FlCpio *cpio, const char *path, unsigned mode, unsigned major,
			 unsigned minor);

/*
 * What is in it, as JSON: each path with its type, mode and SHA-256 or target. Equal objects
 * make equal archives, so its hash is the archive's content key. The caller owns it.
 */
json_t *fl_cpio_inputs(const FlCpio *cpio);

/* The archive. Its length is a multiple of four, so that another may follow it. */
GBytes *fl_cpio_bytes(const FlCpio *cpio, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void fl_cpio_free(FlCpio *cpio);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlCpio, fl_cpio_free)
