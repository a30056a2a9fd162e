// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's end of the control socket, and its register dump, as a broken QEMU would write them.
 *
 * Promises: nothing crashes; the same bytes in other pieces give the same events; a question ends
 * with an answer or an error.
 */
#include "fuzz/fuzz.h"

#include "judge/vcpu.h"
#include "vm/qmp.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_event(const char *event, const char *reason, gpointer data)
{
	g_string_append_printf(data, "%s/%s;", event, reason);
}

/* The other end of it in *ret_qemu. */
static FlQmp *connect_qmp(GString *events, int *ret_qemu)
{
	FlQmp *qmp;
	int pair[2];

	g_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	qmp = fl_qmp_new(pair[0], on_event, events, NULL);
	g_assert(qmp);
	*ret_qemu = pair[1];
	return qmp;
}

static GString *events_of(const uint8_t *data, size_t size, size_t chunk)
{
	GString *events = g_string_new(NULL);
	int qemu;
	g_autoptr(FlQmp) qmp = connect_qmp(events, &qemu);

	for (size_t at = 0; at < size; at += chunk) {
		size_t len = MIN(chunk, size - at);

		g_assert(send(qemu, data + at, len, 0) == (ssize_t)len);
		fl_qmp_drain(qmp);
	}
	close(qemu);
	return events;
}

/* What it says is all there before it is asked, and then it is gone: nothing is waited for. */
static void ask(const uint8_t *data, size_t size)
{
	g_autoptr(GString) events = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	int qemu;
	g_autoptr(FlQmp) qmp = connect_qmp(events, &qemu);
	json_t *value;

	g_assert(send(qemu, data, size, 0) == (ssize_t)size);
	shutdown(qemu, SHUT_WR);
	value = fl_qmp_call(qmp, "human-monitor-command", NULL,
			    g_get_monotonic_time() + G_USEC_PER_SEC, &error);
	g_assert(!value == (error != NULL));
	if (json_is_string(value))
		g_array_unref(fl_vcpu_parse(json_string_value(value)));
	json_decref(value);
	close(qemu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString) whole = NULL;
	g_autoptr(GString) pieces = NULL;
	g_autofree char *text = g_strndup((const char *)data, size);

	/* More than a socket takes at once would wait for a reader. */
	if (size > 65536)
		return 0;
	whole = events_of(data, size, G_MAXUINT);
	pieces = events_of(data, size, 7);
	g_assert(g_string_equal(whole, pieces));
	ask(data, size);
	g_array_unref(fl_vcpu_parse(text));
	return 0;
}
