/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a source state and a configuration to a bzImage and the guest's modules: one object tree
 * for each configuration.
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>
#include <stdbool.h>

/* What to build. Zero-initialise; all borrowed. */
typedef struct {
	const char *cache_dir;
	const char *name;	  /* for messages */
	const char *tree_id;	  /* the state of the work tree */
	GPtrArray *wishes;	  /* of FlKconfigWish */
	const char *toolchain;	  /* hash of toolchain and recipe */
	const char *modules_dir;  /* a Kbuild folder, or NULL */
	const char *modules_hash; /* of its content, when there is one */
	const char *log_path;
	unsigned jobs;
} FlKbuild;

/**
 * Builds in the object tree of this configuration. The lock of the work tree is held.
 *
 * @param ret_obj    the object tree, with arch/x86/boot/bzImage, vmlinux and .config; caller frees
 * @param ret_steps  steps that make took, for the report
 */
bool fl_kbuild_run(const FlKbuild *build, GCancellable *cancel, char **ret_obj, unsigned *ret_steps,
		   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The folder inside an object tree where guest modules are built; caller frees. */
char *fl_kbuild_modules(const char *obj);
