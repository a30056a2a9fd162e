/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's root file system: busybox, the runner, the tests, the kernel's modules, and the
 * orders of one run. Deterministic: the same inputs give the same bytes. Needs no root.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stddef.h>

#include "image/image.h"

/* A program that nobody here wrote, and what lies beside it in its folder. */
typedef struct {
	const char *dir;	  /* in the guest: "/programs/mine" */
	const char *path;	  /* on the host */
	const char *const *files; /* likewise */
} FlInitramfsProgram;

typedef struct {
	const char *guest_dir;	/* what `make` built for the guest: init, ft-tests */
	const char *images_dir; /* the project's images/ folder: busybox.list */
	const char *busybox;	/* path of a static busybox */
	const char *modules;	/* folder of .ko files or NULL */
	const char *cache_dir;	/* exists */
	const FlInitramfsProgram *programs;
	size_t n_programs;
} FlInitramfsSpec;

/**
 * The part that does not change from run to run, content-addressed in
 * `<cache>/initramfs/<key>.cpio`; `<key>.json` beside it explains the key: what is in it, each
 * file by its hash. A hit costs only the reading and hashing of the inputs.
 * @param ret_path  caller frees
 * @param ret_key   64 hex digits, caller frees
 */
bool fl_initramfs_get(const FlInitramfsSpec *spec, char **ret_path, char **ret_key,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes `base` followed by an archive that holds only FL_WIRE_ORDERS_PATH with this text. */
bool fl_initramfs_with_orders(const char *base, const char *orders, const char *to,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
