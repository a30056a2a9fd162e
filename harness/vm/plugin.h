/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether QEMU can be given the plugin that traces guests.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/*
 * Starts no guest. The error is a sentence: there is no such file, or this QEMU was built without
 * plugins.
 */
bool fl_plugin_check(const char *qemu, const char *plugin, GCancellable *cancel,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;
