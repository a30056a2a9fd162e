/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's control socket: events in, and questions with their answers.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
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

/**
 * Asks QEMU and waits for the answer until the monotonic time end_us. Events that come meanwhile
 * are handed on as ever.
 *
 * @param arguments is taken over; NULL: none
 * @return what QEMU returned, the caller's; NULL with the error: no answer, or a refusal
 */
json_t *fl_qmp_call(FlQmp *qmp, const char *command, json_t *arguments, int64_t end_us,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The line that QEMU is told something by; arguments are taken over, NULL: none. The caller frees.
 */
char *fl_qmp_line(const char *command, json_t *arguments);

/* Says such lines, and waits for no answer: QEMU need not run yet. */
bool fl_qmp_tell(FlQmp *qmp, const char *lines, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Hands on what has arrived, without waiting. */
void fl_qmp_drain(FlQmp *qmp);

void fl_qmp_free(FlQmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlQmp, fl_qmp_free)
