/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Object trees (`make O=`), and what keeps a build that was cut off from leaving torn files that
 * make would take for finished ones.
 */
#pragma once

#include "kernel/kmake.h"

/**
 * Says that a build goes on in an object tree, which is made if need be; what a build that never
 * came back wrote there is removed first, so that make writes it again.
 */
bool fl_objtree_begin(const char *obj, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* make ended by itself: nothing in the object tree is torn. */
bool fl_objtree_end(const char *obj, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs make in an object tree that was begun, and says that it ended; ret_steps may be NULL. */
bool fl_objtree_make(const FlKmake *make, GCancellable *cancel, unsigned *ret_steps,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;
