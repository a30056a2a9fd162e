/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disk images, made once with libguestfs and kept by content key in `<cache>/disks/`:
 * `<key>.img` (raw, sparse) and `<key>.json`, which explains the key and carries the
 * image's SHA-256. The guest never writes to them: vm/ attaches them as throw-away overlays.
 *
 * What is deterministic: size, layout, features, label and UUID. What is not: times, and
 * ext4's directory hash seed, which libguestfs has no say in. So the key says
 * that two images mean the same, and the SHA-256 says whether they are the same bytes.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#include "image/disk_child.h"
#include "image/image.h"

/* The recipes there are are data: images/disks.ini, one section a disk (format there). */
typedef struct {
	char *name;    /* also the virtio serial by which the guest finds it */
	char *path;    /* raw image in the cache */
	char *key;     /* 64 hex digits: of recipe and tools */
	char *sha256;  /* of the image's bytes */
	unsigned iops; /* what QEMU shall let through, as in FlRecipe */
	uint64_t bps;
	unsigned size_mib;
} FlDisk;

typedef struct {
	const char *images_dir;
	const char *cache_dir;
	bool force_tcg;		  /* what the accelerator probe found */
	const char *const *names; /* the disks that are needed, NULL-terminated; NULL: all */
	const char *self;	  /* "/proc/self/exe" of a program that knows FL_DISK_CHILD_VERB */
	const char *appliance_kernel;  /* kernel for the appliance; NULL: the newest in /boot */
	const char *appliance_modules; /* its /lib/modules/VERSION; only with a kernel */
} FlDiskSpec;

/*
 * One FlDisk for each name, in that order (without names: in that of disks.ini). Those that are missing are made by a child, all in
 * one appliance, under a lock that other processes wait for.
 */
GPtrArray *fl_disk_get(const FlDiskSpec *spec, GCancellable *cancel,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_disk_free(FlDisk *disk);
