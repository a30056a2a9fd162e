// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line-wise QMP client that only listens. What is no JSON object, is no event, or is longer
 * than a line may be, is dropped: a broken QEMU is told by how it ends, not by what it says.
 */
#include "vm/qmp.h"

#include "base/fs.h"
#include "base/json.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536

struct FlQmp {
	int fd;
	guint source;
	GString *line;
	bool overlong; /* the rest of this line is dropped */
	FlQmpEventFn on_event;
	gpointer data;
};

static void handle_line(FlQmp *qmp)
{
	g_autoptr(json_t) message = json_loadb(qmp->line->str, qmp->line->len, 0, NULL);
	const char *event = json_string_value(json_object_get(message, "event"));
	json_t *details = json_object_get(message, "data");
	const char *reason = json_string_value(json_object_get(details, "reason"));

	if (!event)
		return;
	if (!reason)
		reason = json_string_value(json_object_get(details, "action"));
	g_debug("qmp: %s %s", event, reason ? reason : "");
	qmp->on_event(event, reason ? reason : "", qmp->data);
}

static void take(FlQmp *qmp, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			if (!qmp->overlong)
				handle_line(qmp);
			g_string_truncate(qmp->line, 0);
			qmp->overlong = false;
		} else if (qmp->line->len < LINE_MAX_BYTES) {
			g_string_append_c(qmp->line, bytes[i]);
		} else {
			qmp->overlong = true;
		}
	}
}

/* false at the end of the stream. */
static bool read_all(FlQmp *qmp)
{
	char buf[4096];

	for (;;) {
		ssize_t n = recv(qmp->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n > 0)
			take(qmp, buf, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else
			return n < 0 && errno == EAGAIN;
	}
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	FlQmp *qmp = data;

	(void)fd;
	(void)condition;
	if (read_all(qmp))
		return G_SOURCE_CONTINUE;
	qmp->source = 0;
	return G_SOURCE_REMOVE;
}

FlQmp *fl_qmp_new(int fd, FlQmpEventFn on_event, gpointer data, GError **error)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	FlQmp *qmp;

	if (send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(hello) - 1) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
			    "QEMU's control socket cannot be written: %s", g_strerror(errno));
		close(fd);
		return NULL;
	}
	qmp = g_new0(FlQmp, 1);
	qmp->fd = fd;
	qmp->line = g_string_new(NULL);
	qmp->on_event = on_event;
	qmp->data = data;
	qmp->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, qmp);
	return qmp;
}

void fl_qmp_drain(FlQmp *qmp)
{
	read_all(qmp);
}

void fl_qmp_free(FlQmp *qmp)
{
	if (!qmp)
		return;
	if (qmp->source)
		g_source_remove(qmp->source);
	fl_fs_close_fd(&qmp->fd);
	g_string_free(qmp->line, TRUE);
	g_free(qmp);
}
