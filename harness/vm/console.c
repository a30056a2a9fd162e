// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows one port file with inotify. Memory does not grow with the file; no byte is dropped,
 * and none is looked at. Never writes to the file after creating it.
 */
#include "vm/console.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

/* One turn of the main loop hands on at most this much, so that a flood starves no timer. */
#define TURN_MAX (1u << 20)

struct FlConsole {
	int fd;
	int notify_fd;
	guint source;
	guint more; /* a turn ended before the end of the file: idle source */
	uint64_t total;
	FlConsoleFn on_bytes;
	gpointer data;
};

void fl_console_drain(FlConsole *console, uint64_t max)
{
	char buf[65536];
	uint64_t done = 0;

	while (!max || done < max) {
		ssize_t n = pread(console->fd, buf, sizeof(buf), (off_t)console->total);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		console->total += (uint64_t)n;
		done += (uint64_t)n;
		console->on_bytes(buf, (size_t)n, console->data);
	}
}

static gboolean on_more(gpointer data)
{
	FlConsole *console = data;
	uint64_t before = console->total;

	fl_console_drain(console, TURN_MAX);
	if (console->total - before >= TURN_MAX)
		return G_SOURCE_CONTINUE;
	console->more = 0;
	return G_SOURCE_REMOVE;
}

static gboolean on_notify(gint fd, GIOCondition condition, gpointer data)
{
	FlConsole *console = data;
	char events[4096];

	(void)condition;
	/* Read first: what is written after this raises a new event. */
	while (read(fd, events, sizeof(events)) > 0)
		;
	if (!console->more && on_more(console))
		console->more = g_idle_add(on_more, console);
	return G_SOURCE_CONTINUE;
}

static bool set_error(GError **error, const char *path, const char *what)
{
	int code = errno;

	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s cannot be %s: %s",
		    path, what, g_strerror(code));
	return false;
}

static bool follow(FlConsole *console, const char *path, GError **error)
{
	console->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (console->fd < 0)
		return set_error(error, path, "created");
	console->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (console->notify_fd < 0 || inotify_add_watch(console->notify_fd, path, IN_MODIFY) < 0)
		return set_error(error, path, "watched");
	console->source = g_unix_fd_add(console->notify_fd, G_IO_IN, on_notify, console);
	return true;
}

FlConsole *fl_console_new(const char *path, FlConsoleFn on_bytes, gpointer data, GError **error)
{
	g_autoptr(FlConsole) console = g_new0(FlConsole, 1);

	console->fd = -1;
	console->notify_fd = -1;
	console->on_bytes = on_bytes;
	console->data = data;
	if (!follow(console, path, error))
		return NULL;
	return g_steal_pointer(&console);
}

uint64_t fl_console_total(const FlConsole *console)
{
	return console->total;
}

void fl_console_free(FlConsole *console)
{
	if (!console)
		return;
	if (console->source)
		g_source_remove(console->source);
	if (console->more)
		g_source_remove(console->more);
	fl_fs_close_fd(&console->notify_fd);
	fl_fs_close_fd(&console->fd);
	g_free(console);
}
