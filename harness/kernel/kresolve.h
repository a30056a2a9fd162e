/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The complete configuration that a source state has for a set of wishes.
 */
#pragma once

#include "kernel/kbuild.h"

/**
 * The text of the .config; the work tree is at the state of the build and locked.
 *
 * @return false with FL_KERNEL_ERROR_CONFIG when a wish did not survive: all of them are listed
 */
bool fl_kresolve_config(const FlKbuild *build, GCancellable *cancel, char **ret_config,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;
