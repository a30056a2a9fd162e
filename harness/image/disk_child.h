/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making disk images in a process that can be killed: the program runs itself with a verb that
 * is no part of the interface for users. Only image/disk.c and cli/main.c need it.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#define FL_DISK_CHILD_VERB "internal-make-disk"

typedef struct {
	const char *self;    /* program that calls fl_disk_child_main for the verb */
	const char *recipes; /* canonical text of those to make */
	const char *work;    /* folder: NAME.img is made here */
	const char *cache;   /* folder: of the appliance, and of the log of a failure */
	bool force_tcg;
	const char *kernel;  /* for the appliance; NULL: the newest in /boot */
	const char *modules; /* its modules, may be NULL */
} FlDiskChild;

/* Runs the child to its end. When it fails or is cancelled no process of it is left. */
bool fl_disk_child_run(const FlDiskChild *spec, GCancellable *cancel,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the child does; argv[0] is the verb. Returns the exit status. */
int fl_disk_child_main(int argc, char **argv);
