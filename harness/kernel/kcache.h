/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels by content key: the one entrance to the kernel room.
 *
 * The key is the hash of everything that the bytes of the kernel depend on: the source tree after
 * patching, the configuration fragments, the toolchain, the build's environment and flags, and
 * the sources of the guest's kernel modules. A finished kernel is a folder
 * `<cache>/kernels/<key>/`, published by one rename(2), so that a killed build leaves nothing that
 * looks finished. Any number of processes may use one cache.
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define FL_KERNEL_ERROR fl_kernel_error_quark()
GQuark fl_kernel_error_quark(void);

typedef enum {
	FL_KERNEL_ERROR_TREE, /* not a kernel tree, or the source package is missing */
	FL_KERNEL_ERROR_PATCH, /* empty, binary, outside the tree, or does not apply: file and hunk */
	FL_KERNEL_ERROR_CONFIG,	 /* an option that does not exist or did not survive olddefconfig */
	FL_KERNEL_ERROR_COMPILE, /* make failed: the compiler's own first error lines */
	FL_KERNEL_ERROR_TOOL	 /* the harness's own trouble: disk, missing tool, lock */
} FlKernelError;

/* What to build. Zero-initialise. All borrowed. */
typedef struct {
	const char *name;	      /* for messages */
	const char *tree;	      /* kernel source or git tree; NULL: the packaged source */
	const char *revision;	      /* a commit of the tree instead of what lies there; or NULL */
	const char *const *patches;   /* paths in order, NULL-terminated; NULL: none */
	const char *const *fragments; /* paths in order, NULL-terminated; NULL: none */
	const char *modules_dir;      /* guest modules: a Kbuild folder; NULL: none */
	const char *cache_dir;	      /* exists */
	unsigned jobs;		      /* make -j; 0: as many as there are CPUs */
} FlKernelSpec;

/* A finished kernel. Paths are inside the cache; nobody writes there. */
typedef struct {
	char *key; /* content key, 64 hex digits */
	char *dir;
	char *bzimage;
	char *vmlinux; /* with debug information */
	char *config;  /* the complete .config */
	char *modules; /* folder of .ko files, NULL when there are none */
	char *release; /* "6.12.117-..." of include/config/kernel.release */
	char *bzimage_sha256;
	json_t *inputs; /* the explanation of the key, as in inputs.json */
	bool was_cached;
	uint64_t build_us; /* time that this call spent building; 0 when cached */
} FlKernel;

/**
 * Gives the kernel of a spec, building it when the cache has none.
 *
 * Two kernels that differ by a patch cost one full and one incremental build. Progress goes to
 * base/log. On cancel: G_IO_ERROR_CANCELLED, no process left.
 */
FlKernel *fl_kcache_get(const FlKernelSpec *spec, GCancellable *cancel,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * A kernel of an earlier call again, by what its `inputs` say: from the cache, or built from the
 * recorded source state and configuration. Never another kernel than that one.
 *
 * @param spec  its tree, patches and fragments are not looked at
 * @return NULL with FL_KERNEL_ERROR_TREE and the reason when something is no longer as it was
 */
FlKernel *fl_kcache_again(const FlKernelSpec *spec, const json_t *inputs, GCancellable *cancel,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a configuration file sets an option to y or m ("CONFIG_PROVE_LOCKING"). */
bool fl_kcache_has_option(const char *config_path, const char *option);

void fl_kcache_free(FlKernel *kernel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlKernel, fl_kcache_free)
