/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make, as the kernel is built with it: an environment with nothing of the user's in it, fixed
 * names and times, progress on the way and the compiler's own words at the end.
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>
#include <stdbool.h>

/* One call of make in the kernel's source tree. Zero-initialise; all borrowed. */
typedef struct {
	const char *cache_dir;
	const char *name;	    /* of the kernel, for messages */
	const char *obj;	    /* O= */
	const char *rules_path;	    /* read before the kernel's own Makefile, or NULL */
	const char *const *targets; /* NULL-terminated */
	const char *log_path;	    /* appended to */
	const char *doing;	    /* "building", for the live line */
	unsigned jobs;
	unsigned expected_steps; /* 0: not known */
} FlKmake;

/**
 * @param ret_steps  lines like "CC mm/memory.o" that it printed; may be NULL
 * @return false with FL_KERNEL_ERROR_COMPILE when make ended by itself with an error; any other
 *         error means that it was cut off in the middle of its work
 */
bool fl_kmake_run(const FlKmake *make, GCancellable *cancel, unsigned *ret_steps,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Version lines of compiler, assembler, linker and make: {"cc": "gcc (Debian ...", ...}. */
json_t *fl_kmake_toolchain(GCancellable *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The environment and flags, with "@" for the work folder: the same wherever the cache is. */
json_t *fl_kmake_recipe(void);
