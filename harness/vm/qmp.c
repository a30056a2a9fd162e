// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line-wise QMP client. What is no JSON object, neither an event nor the answer that is waited
 * for, or is longer than a line may be, is dropped: a broken QEMU is told by how it ends, not by
 * what it says.
 */
#include "vm/qmp.h"

#include "base/fs.h"
#include "base/json.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX_BYTES (1u << 18)

struct FlQmp {
	int fd;
	guint source;
	GString *line;
	bool overlong; /* the rest of this line is dropped */
	json_int_t id; /* of the last question */
	json_t *reply; /* to it; NULL: has not come yet */
	FlQmpEventFn on_event;
	gpointer data;
};

static bool is_reply(const FlQmp *qmp, const json_t *message)
{
	const json_t *id = json_object_get(message, "id");

	return qmp->id && json_is_integer(id) && json_integer_value(id) == qmp->id;
}

static void handle_line(FlQmp *qmp)
{
	g_autoptr(json_t) message = json_loadb(qmp->line->str, qmp->line->len, 0, NULL);
	const char *event = json_string_value(json_object_get(message, "event"));
	json_t *details = json_object_get(message, "data");
	const char *reason = json_string_value(json_object_get(details, "reason"));

	if (is_reply(qmp, message) && !qmp->reply)
		qmp->reply = json_incref(message);
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

/* ---- questions ---- */

/* id 0: the answer is of no interest. */
static char *line_of(const char *command, json_t *arguments, json_int_t id)
{
	g_autoptr(json_t) question =
		json_pack("{s:s, s:o*}", "execute", command, "arguments", arguments);
	g_autofree char *line = NULL;
	char *text;

	if (id)
		json_object_set_new(question, "id", json_integer(id));
	text = json_dumps(question, JSON_COMPACT);
	line = g_strconcat(text, "\n", NULL);
	free(text);
	return g_steal_pointer(&line);
}

char *fl_qmp_line(const char *command, json_t *arguments)
{
	return line_of(command, arguments, 0);
}

bool fl_qmp_tell(FlQmp *qmp, const char *lines, GError **error)
{
	ssize_t len = (ssize_t)strlen(lines);

	if (send(qmp->fd, lines, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) == len)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
		    "QEMU's control socket cannot be written: %s", g_strerror(errno));
	return false;
}

static bool ask(FlQmp *qmp, const char *command, json_t *arguments, GError **error)
{
	g_autofree char *line = line_of(command, arguments, ++qmp->id);

	g_clear_pointer(&qmp->reply, json_decref);
	if (fl_qmp_tell(qmp, line, error))
		return true;
	g_prefix_error(error, "QEMU cannot be asked for %s: ", command);
	return false;
}

/* false: the time is up, or QEMU is gone. */
static bool wait_reply(FlQmp *qmp, int64_t end_us)
{
	struct pollfd fd = {.fd = qmp->fd, .events = POLLIN};

	while (!qmp->reply) {
		int64_t left_us = end_us - g_get_monotonic_time();

		if (left_us <= 0 || poll(&fd, 1, (int)(left_us / 1000) + 1) < 0)
			return false;
		if (fd.revents && !read_all(qmp))
			return qmp->reply != NULL;
	}
	return true;
}

json_t *fl_qmp_call(FlQmp *qmp, const char *command, json_t *arguments, int64_t end_us,
		    GError **error)
{
	json_t *value;

	if (!ask(qmp, command, arguments, error))
		return NULL;
	if (!wait_reply(qmp, end_us)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "QEMU did not answer %s in time", command);
		return NULL;
	}
	value = json_object_get(qmp->reply, "return");
	if (value)
		return json_incref(value);
	value = json_object_get(json_object_get(qmp->reply, "error"), "desc");
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "QEMU refused %s: %s", command,
		    json_is_string(value) ? json_string_value(value) : "it did not say why");
	return NULL;
}

void fl_qmp_free(FlQmp *qmp)
{
	if (!qmp)
		return;
	if (qmp->source)
		g_source_remove(qmp->source);
	fl_fs_close_fd(&qmp->fd);
	json_decref(qmp->reply);
	g_string_free(qmp->line, TRUE);
	g_free(qmp);
}
