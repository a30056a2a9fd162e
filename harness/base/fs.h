/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and folders: atomic writes, locks, temporary folders, removal of trees.
 *
 * Every error names the path. Knows nothing of what is in the files.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file descriptor that closes itself: `fl_fd int fd = -1;` */
void fl_fs_close_fd(int *fd);
#define fl_fd __attribute__((cleanup(fl_fs_close_fd)))

/* Makes a folder and its parents; one that is there already is fine. */
bool fl_fs_mkdir(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Writes a whole file: a reader sees the old content or the new, never a part, also when this
 * process dies. It does not wait for the disk: whatever is written here can be made again.
 */
bool fl_fs_write(const char *path, const char *data, size_t len,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Adds to the end of a file, which is made if it is not there. A process that is killed meanwhile
 * leaves a part of it; one whose disk is full does not.
 */
bool fl_fs_append(const char *path, const char *data, size_t len,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Cuts a file off after its first len bytes. */
bool fl_fs_cut(const char *path, size_t len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads a whole file; *ret_data is NUL-terminated, the caller frees it; ret_len may be NULL. */
bool fl_fs_read(const char *path, char **ret_data, size_t *ret_len,
		GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Copies a regular file, mode included, through a temporary name. */
bool fl_fs_copy(const char *from, const char *to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes a file or a whole folder; what is not there is fine. Never follows a link. */
bool fl_fs_remove(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Renames over a target; used to publish what was made under a temporary name. */
bool fl_fs_rename(const char *from, const char *to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Waits until the disk has a file: for what is believed later without being looked at. */
bool fl_fs_sync(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A new folder `parent/prefix-XXXXXX`; the caller frees the name and removes the folder. */
char *fl_fs_temp_dir(const char *parent, const char *prefix,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An exclusive flock(2) on a file, released by fl_fs_unlock or by the death of the process. */
typedef struct FlFsLock FlFsLock;

/**
 * Takes the lock, turning the default main context while another process has it.
 * on_wait (may be NULL) is called once if it takes longer than a second: shorter is a process that
 * is just ending.
 */
FlFsLock *fl_fs_lock(const char *path, void (*on_wait)(gpointer data), gpointer data,
		     GCancellable *cancel, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_fs_unlock(FlFsLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlFsLock, fl_fs_unlock)
