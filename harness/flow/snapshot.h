/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Booted guests that others go on from, by content key in `<cache>/snapshots/<key>/`: memory, the
 * rest of the machine, and the evidence of that boot. Made once and never changed.
 *
 * A boot of which anything but good was seen is not kept.
 */
#pragma once

#include "flow/site.h"
#include "vm/vm.h"

#include <jansson.h>

/* All borrowed. */
typedef struct {
	const FlSite *site;
	const FlVmSpec *machine; /* of fl_machine, with its kernel */
	const char *initramfs;	 /* without orders */
	const char *name;	 /* of the kernel in the plan */
	const json_t *inputs;	 /* hashes of all that the files of the machine contain */
} FlSnapshotSpec;

typedef struct {
	char *key;
	char *sha256; /* of its content: two boots of one key are saved at two instants */
	char *ram, *ram_high, *state, *console; /* as FlVmFork has them */
} FlSnapshot;

/* The content key: everything that decides what the boot does, but for the host's time. */
char *fl_snapshot_key(const FlSnapshotSpec *spec, unsigned tsc_khz);

/**
 * From the cache, or made now under a lock that other processes wait for.
 *
 * @param ret_snapshot  NULL when the boot is none to go on from; then
 * @param ret_why       says in one sentence what was seen
 */
bool fl_snapshot_get(const FlSnapshotSpec *spec, FlSnapshot **ret_snapshot, char **ret_why,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the cache has under that key, or NULL. */
FlSnapshot *fl_snapshot_load(const FlSite *site, const char *key);

void fl_snapshot_free(FlSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlSnapshot, fl_snapshot_free)
