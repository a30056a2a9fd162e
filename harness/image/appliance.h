/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File systems made inside a libguestfs appliance. Blocks for half a minute under TCG, so it
 * runs in a process of its own (image/disk.h), which the harness can kill at any time.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	GPtrArray *recipes;  /* of FlRecipe; all are made in one appliance */
	const char *to;	     /* folder: NAME.img is made here */
	const char *scratch; /* folder with a short path, for sockets */
	const char *cache;   /* folder: libguestfs keeps its root file system here */
	bool force_tcg;
} FlAppliance;

/* One line of progress for people; valid for the call only. */
typedef void (*FlApplianceSayFn)(const char *line);

bool fl_appliance_make(const FlAppliance *spec, FlApplianceSayFn say,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "1.48.6", caller frees. Starts nothing. */
char *fl_appliance_version(void);

/*
 * Removes socket folders of libguestfs in /tmp that no process has open. Run by root, libguestfs
 * puts them there whatever it is told, and one that is killed cannot remove its own.
 */
void fl_appliance_sweep(void);
