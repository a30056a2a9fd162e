/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plan files: which kernels there are, and which tests run on which machine. Plain data.
 *
 * Format: strict INI. `#` starts a comment line. Sections `[plan]` (once), `[kernel NAME]` and
 * `[program NAME]` (plan/program.h).
 * A key that is unknown, repeated or malformed is an error that says file, line and what was
 * expected. List values are separated by blanks. Relative paths are relative to the root folder
 * of the project's data (where configs/ is), so that a plan means the same from everywhere; those of programs to the plan's own folder.
 */
#pragma once

#include "plan/program.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FL_PLAN_ERROR fl_plan_error_quark()
GQuark fl_plan_error_quark(void);
typedef enum {
	FL_PLAN_ERROR_SYNTAX, /* "file:line: ..." */
	FL_PLAN_ERROR_UNKNOWN /* a kernel or test that does not exist was asked for */
} FlPlanError;

#define FL_PLAN_EFFORT_MAX 1000
#define FL_PLAN_CPUS_MAX   8 /* CONFIG_NR_CPUS of configs/kernel/base.config */

/* `[kernel NAME]` */
typedef struct {
	char *name;
	char *base; /* `base`: name of the kernel whose patches and fragments come first, or NULL */
	char **patches;	  /* `patches`: absolute paths, in order, those of base first */
	char **fragments; /* `fragments`: absolute paths of configuration fragments, in order */
	bool is_default;  /* `default = yes`: `run` without --kernel takes it */
	char *summary;	  /* `summary`: one line for people, never NULL */
} FlPlanKernel;

typedef struct {
	char *path;
	GPtrArray *kernels;  /* of FlPlanKernel, in the order of the file */
	GPtrArray *programs; /* of FlProgram, likewise */
	char **tests;	     /* `tests`: globs; default "*" */
	/* `cpus`: numbers, 1..FL_PLAN_CPUS_MAX, default 4; each kernel runs with each of them */
	unsigned cpu_counts[FL_PLAN_CPUS_MAX];
	unsigned n_cpu_counts;
	unsigned memory_mib; /* `memory`: with suffix M or G, 128 MiB..64 GiB, default 1024 */
	uint64_t seed;	     /* `seed`: default 1 */
	unsigned effort;     /* `effort`: 1..FL_PLAN_EFFORT_MAX, default 1: rounds and limits of the
			      * tests are multiplied by it */
} FlPlan;

/* Reads a plan; root is the folder that relative paths are relative to. */
FlPlan *fl_plan_load(const char *path, const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads it from memory; path is for messages. len bytes, need not end with NUL. */
FlPlan *fl_plan_parse(const char *text, size_t len, const char *path, const char *root,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The kernel of that name, owned by the plan; an error that lists the names there are. */
const FlPlanKernel *fl_plan_kernel(const FlPlan *plan, const char *name,
				   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "512M", "2G", or a bare number of MiB; false when it is none of these or out of range. */
bool fl_plan_parse_memory(const char *text, unsigned *ret_mib);

void fl_plan_free(FlPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlPlan, fl_plan_free)
