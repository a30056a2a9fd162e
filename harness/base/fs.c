// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files and folders. Every write that others may read goes through a temporary name and
 * rename(2). Knows nothing of what is in the files.
 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool set_errno_error(GError **error, const char *what, const char *path)
{
	int saved = errno;

	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(saved), "%s: %s: %s", path, what,
		    g_strerror(saved));
	return false;
}

void fl_fs_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool fl_fs_mkdir(const char *path, GError **error)
{
	if (g_mkdir_with_parents(path, 0755) == 0)
		return true;
	return set_errno_error(error, "the folder cannot be made", path);
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* GLib's own would also wait for the disk: a third of what a short run costs besides QEMU. */
bool fl_fs_write(const char *path, const char *data, size_t len, GError **error)
{
	g_autofree char *temp = g_strdup_printf("%s.XXXXXX", path);
	fl_fd int fd = g_mkstemp_full(temp, O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0)
		return set_errno_error(error, "the file cannot be written", path);
	if (write_all(fd, data, len) && rename(temp, path) == 0)
		return true;
	set_errno_error(error, "the file cannot be written", path);
	unlink(temp);
	return false;
}

bool fl_fs_append(const char *path, const char *data, size_t len, GError **error)
{
	fl_fd int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (end < 0)
		return set_errno_error(error, "the file cannot be written", path);
	if (write_all(fd, data, len))
		return true;
	set_errno_error(error, "the file cannot be written", path);
	if (ftruncate(fd, end) < 0)
		g_debug("%s ends in a part of what was written", path);
	return false;
}

bool fl_fs_cut(const char *path, size_t len, GError **error)
{
	if (truncate(path, (off_t)len) == 0)
		return true;
	return set_errno_error(error, "the file cannot be cut", path);
}

bool fl_fs_read(const char *path, char **ret_data, size_t *ret_len, GError **error)
{
	return g_file_get_contents(path, ret_data, ret_len, error);
}

static bool copy_bytes(int in, int out)
{
	char buf[1 << 16];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (!write_all(out, buf, (size_t)n))
			return false;
	return n == 0;
}

bool fl_fs_copy(const char *from, const char *to, GError **error)
{
	g_autofree char *temp = g_strdup_printf("%s.XXXXXX", to);
	fl_fd int in = open(from, O_RDONLY | O_CLOEXEC);
	fl_fd int out = -1;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return set_errno_error(error, "the file cannot be read", from);
	out = g_mkstemp_full(temp, O_RDWR | O_CLOEXEC, 0600);
	if (out < 0)
		return set_errno_error(error, "the file cannot be written", to);
	if (!copy_bytes(in, out) || fchmod(out, st.st_mode & 07777) < 0 || rename(temp, to) < 0) {
		set_errno_error(error, "the file cannot be written", to);
		unlink(temp);
		return false;
	}
	return true;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

bool fl_fs_remove(const char *path, GError **error)
{
	struct stat st;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		return true;
	if (nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS) == 0)
		return true;
	return set_errno_error(error, "it cannot be removed", path);
}

bool fl_fs_rename(const char *from, const char *to, GError **error)
{
	if (rename(from, to) == 0)
		return true;
	return set_errno_error(error, "it cannot be put in place", to);
}

bool fl_fs_sync(const char *path, GError **error)
{
	fl_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fdatasync(fd) == 0)
		return true;
	return set_errno_error(error, "the disk did not take it", path);
}

char *fl_fs_temp_dir(const char *parent, const char *prefix, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s/%s-XXXXXX", parent, prefix);

	if (g_mkdtemp_full(name, 0755))
		return g_steal_pointer(&name);
	set_errno_error(error, "a temporary folder cannot be made", name);
	return NULL;
}

struct FlFsLock {
	int fd;
};

static gboolean on_tick(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

/* flock(2) has no file descriptor to wait on: ask again ten times a second. */
static bool wait_for_lock(int fd, void (*on_wait)(gpointer data), gpointer data,
			  GCancellable *cancel)
{
	gint64 say_us = g_get_monotonic_time() + G_USEC_PER_SEC;
	guint timer = g_timeout_add(100, on_tick, NULL);
	bool locked = false;

	while (!locked && !g_cancellable_is_cancelled(cancel)) {
		g_main_context_iteration(NULL, TRUE);
		locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
		if (locked || !on_wait || g_get_monotonic_time() < say_us)
			continue;
		on_wait(data);
		on_wait = NULL;
	}
	g_source_remove(timer);
	return locked;
}

FlFsLock *fl_fs_lock(const char *path, void (*on_wait)(gpointer data), gpointer data,
		     GCancellable *cancel, GError **error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	FlFsLock *lock;

	if (fd < 0) {
		set_errno_error(error, "the lock file cannot be opened", path);
		return NULL;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && !wait_for_lock(fd, on_wait, data, cancel)) {
		close(fd);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
			    "the wait for the lock %s was cancelled", path);
		return NULL;
	}
	lock = g_new0(FlFsLock, 1);
	lock->fd = fd;
	return lock;
}

void fl_fs_unlock(FlFsLock *lock)
{
	if (!lock)
		return;
	close(lock->fd);
	g_free(lock);
}
