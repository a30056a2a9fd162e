/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which guest tests there are and what each needs, as the guest programs themselves declare it:
 * the build runs `ft-tests --manifest` and keeps its output beside the binary.
 *
 * Format, one test after another, blank line between:
 *     test: shared-write-tmpfs
 *     summary: first stores to fresh tmpfs pages are handled under the VMA lock
 *     timeout_ms: 20000
 *     cpus: 1
 *     memory_mib: 128
 *     disks: ext4
 *     modules: fl_probe
 *     config: CONFIG_TMPFS CONFIG_PER_VMA_LOCK_STATS
 *     by_name: 0
 * Lists are separated by blanks and may be empty. Unknown keys are an error.
 */
#pragma once

#include "plan/program.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
	char *name;
	char *summary;
	unsigned timeout_ms;	  /* at speed 1.0, on a kernel without checkers */
	unsigned cpus;		  /* least number of vCPUs */
	unsigned memory_mib;	  /* least memory of the guest */
	char **disks;		  /* names in images/disks.ini */
	char **modules;		  /* kernel modules, without .ko */
	char **config;		  /* kernel options without which it says nothing */
	unsigned by_name;	  /* not 0: "*" does not mean it */
	char *group;		  /* a second name, for --test; NULL: none */
	const FlProgram *program; /* what it is instead of one of ours; borrowed from the plan */
} FlTest;

/* Of FlTest, in the order in which they run. */
GPtrArray *fl_manifest_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *fl_manifest_parse(const char *text, const char *path,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds a program as the last test; false when there is a test of that name already. */
bool fl_manifest_add_program(GPtrArray *tests, const FlProgram *program,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Those that match any of the globs with their name or their group, in the manifest's order, borrowed
 * from it. A glob that matches nothing is an error (FL_PLAN_ERROR_UNKNOWN) that lists the tests there are.
 */
GPtrArray *fl_manifest_select(GPtrArray *tests, const char *const *globs,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_manifest_test_free(FlTest *test);
