/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evidence folder of a run: every file name in it, in one place.
 *
 *     <out>/runs/<id>/result.json        the verdict; says so when the run was cut off
 *     <out>/runs/<id>/<guest>/...        one folder a guest, the files below
 *     <out>/runs/<id>/serial.log, ...    links to the files of the guest that decided
 *     <out>/latest                       link to the newest run
 *
 * Two runs never share a folder. Nothing here knows what the files mean.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define FL_RUNDIR_RESULT  "result.json"
#define FL_RUNDIR_CONSOLE "serial.log"	/* raw bytes of the kernel console */
#define FL_RUNDIR_WIRE	  "wire.log"	/* raw bytes of the test protocol */
#define FL_RUNDIR_QEMU	  "qemu.log"	/* what QEMU itself said */
#define FL_RUNDIR_COMMAND "command.sh"	/* the very same QEMU, by hand */
#define FL_RUNDIR_INPUTS  "inputs.json" /* hash of every input */
#define FL_RUNDIR_CONFIG  "config"	/* the kernel's configuration */
#define FL_RUNDIR_BZIMAGE "bzImage"
#define FL_RUNDIR_INITRD  "initramfs.cpio"
#define FL_RUNDIR_ORDERS \
	"orders" /* of a guest that went on from a boot: they are in no initramfs */
#define FL_RUNDIR_GUEST \
	"guest.json" /* how the guest was made and ended: what judging again needs */
/* Of a guest that was traced (plugin/format.h): */
#define FL_RUNDIR_TRACE	       "trace.bin"	  /* its checkpoints */
#define FL_RUNDIR_TRACE_BLOCKS "trace-blocks.bin" /* the blocks of one interval */
#define FL_RUNDIR_TRACE_WATCH  "trace-watch"	  /* where its patches' lines are in memory */
#define FL_RUNDIR_TRACE_EVENTS "trace-events.bin" /* each time that one of them ran */
#define FL_RUNDIR_PATCH_ORDER  "patch-order.txt"  /* the same for people */
#define FL_RUNDIR_AUTOPSY      "autopsy.json"	  /* of a guest that hung: who waits for what */
#define FL_RUNDIR_AUTOPSY_TEXT "autopsy.txt"	  /* the same for people */
#define FL_RUNDIR_TESTS	       "tests"		  /* one folder a test */
#define FL_RUNDIR_OUTPUT       "output.log"	  /* in a test's folder: what it printed */
#define FL_RUNDIR_TEST	       "result.json"	  /* in a test's folder: its part of the result */

typedef struct {
	char *id;
	char *path;
} FlRundir;

/* A new folder under out; stamp is the local time that begins its name. */
FlRundir *fl_rundir_new(const char *out, const char *stamp,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The folder of a guest, made if needed; the caller frees. */
char *fl_rundir_guest(const FlRundir *rundir, const char *label,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Puts a file of the cache into the evidence: a hard link where that is possible, else a copy. */
bool fl_rundir_keep(const char *from, const char *to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The links of the run's folder to the files of one guest, and <out>/latest. */
bool fl_rundir_link(const FlRundir *rundir, const char *label,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes a test's folder below a guest's. name was given by the guest: it becomes one path part. */
bool fl_rundir_test(const char *guest_dir, const char *name, const char *output, size_t output_len,
		    const char *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void fl_rundir_free(FlRundir *rundir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlRundir, fl_rundir_free)
