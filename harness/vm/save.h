/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine to a file and back, all but its memory: that is a file of its own, which the boot wrote
 * to and each restored guest maps privately.
 *
 * QEMU calls this migration. What it is told is the same when it is told by hand (command.sh).
 */
#pragma once

#include "vm/qmp.h"

/* QEMU's answer to both must agree, or it refuses the file. */
#define FL_SAVE_WITHOUT_MEMORY "x-ignore-shared"

/* Stops a machine and saves it, until the monotonic time end_us. */
bool fl_save_state(FlQmp *qmp, const char *path, int64_t end_us,
		   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a QEMU that was started with `-incoming defer` is told, as lines; the caller frees. */
char *fl_save_restore_lines(const char *uri);

/* Tells it so, without waiting: it may not run yet. How it ends says what became of it. */
bool fl_save_restore(FlQmp *qmp, const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;
