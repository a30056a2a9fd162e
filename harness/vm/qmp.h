/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's control socket: events in, nothing but the greeting out.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct FlQmp FlQmp;

/* An event of QEMU. reason is its "reason" or "action", "" if it has none. */
typedef void (*FlQmpEventFn)(const char *event, const char *reason, gpointer data);

/**
 * Takes the host's end of a socket pair over. The capabilities are asked for at once, even
 * before QEMU runs: so no event can come too early to be seen.
 */
FlQmp *fl_qmp_new(int fd, FlQmpEventFn on_event, gpointer data,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Hands on what has arrived, without waiting. */
void fl_qmp_drain(FlQmp *qmp);

void fl_qmp_free(FlQmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlQmp, fl_qmp_free)
