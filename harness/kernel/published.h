/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The finished kernels of a cache.
 */
#pragma once

#include "kernel/kcache.h"

/* What is published. Zero-initialise; all borrowed. */
typedef struct {
	const char *cache_dir;
	const char *key;
	const char *obj;  /* object tree with bzImage, vmlinux, .config */
	json_t *inputs;	  /* what the key is the hash of */
	json_t *origin;	  /* where the source came from */
	bool has_modules; /* the guest's modules were built in the object tree */
} FlPublished;

/* The kernel of that key; NULL when there is none, or none that can be read. */
FlKernel *fl_published_load(const char *cache_dir, const char *key);

/* Copies a kernel out of its object tree. The lock of the work tree is held. */
bool fl_published_add(const FlPublished *entry, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The hash of the regular files of a folder, names and contents; caller frees. */
char *fl_published_hash(const char *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;
