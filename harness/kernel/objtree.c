// SPDX-License-Identifier: GPL-2.0-only
/*
 * Object trees that can be killed at any time. Each has two files beside it: `<obj>.building`
 * exists while make works there, `<obj>.built` since it last ended by itself. make trusts times,
 * so whatever is not older than a `.building` that was left behind may be torn and is deleted;
 * and a clock that went back means that no time can be trusted at all.
 */
#include "kernel/objtree.h"

#include "base/fs.h"
#include "kernel/kcache.h"

#include <sys/stat.h>

static bool modified(const char *path, struct timespec *ret_time)
{
	struct stat st;

	if (lstat(path, &st))
		return false;
	*ret_time = st.st_mtim;
	return true;
}

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/*
 * include/config/ is spared: its files are empty or renamed into place, and without them make
 * would not see that an option has changed.
 */
static bool is_spared(const char *path)
{
	return g_str_has_suffix(path, "/include/config");
}

static bool remove_since(const char *dir, struct timespec since, GError **error)
{
	g_autoptr(GDir) entries = g_dir_open(dir, 0, error);
	const char *name;

	if (!entries)
		return false;
	while ((name = g_dir_read_name(entries))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		struct stat st;

		if (lstat(path, &st) || is_spared(path))
			continue;
		if (S_ISDIR(st.st_mode)
			    ? !remove_since(path, since, error)
			    : !is_before(st.st_mtim, since) && !fl_fs_remove(path, error))
			return false;
	}
	return true;
}

bool fl_objtree_begin(const char *obj, GError **error)
{
	g_autofree char *building = g_strconcat(obj, ".building", NULL);
	g_autofree char *built = g_strconcat(obj, ".built", NULL);
	struct timespec left_at, ended_at, now;

	if (!fl_fs_mkdir(obj, error))
		return false;
	if (modified(building, &left_at) && !remove_since(obj, left_at, error))
		return false;
	if (!fl_fs_write(building, "", 0, error) || !modified(building, &now))
		return false;
	/* Equal times are one tick of the clock and no step back. */
	if (!modified(built, &ended_at) || !is_before(now, ended_at))
		return true;
	return fl_fs_remove(obj, error) && fl_fs_remove(built, error) && fl_fs_mkdir(obj, error);
}

bool fl_objtree_end(const char *obj, GError **error)
{
	g_autofree char *building = g_strconcat(obj, ".building", NULL);
	g_autofree char *built = g_strconcat(obj, ".built", NULL);

	return fl_fs_write(built, "", 0, error) && fl_fs_remove(building, error);
}

/* An error of the compiler's own is a regular end, too. */
bool fl_objtree_make(const FlKmake *make, GCancellable *cancel, unsigned *ret_steps, GError **error)
{
	GError *cause = NULL;

	if (!fl_kmake_run(make, cancel, ret_steps, &cause)) {
		if (g_error_matches(cause, FL_KERNEL_ERROR, FL_KERNEL_ERROR_COMPILE) &&
		    !fl_objtree_end(make->obj, NULL))
			g_debug("%s keeps its mark", make->obj);
		g_propagate_error(error, cause);
		return false;
	}
	return fl_objtree_end(make->obj, error);
}
