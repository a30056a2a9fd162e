// SPDX-License-Identifier: GPL-2.0-only
/*
 * The evidence folder: where each file goes. Never writes what is in them, but for the links.
 */
#include "store/rundir.h"

#include "base/fs.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const linked[] = {FL_RUNDIR_CONSOLE, FL_RUNDIR_WIRE,	  FL_RUNDIR_QEMU,
				     FL_RUNDIR_COMMAND, FL_RUNDIR_INPUTS, FL_RUNDIR_CONFIG,
				     FL_RUNDIR_TESTS};

/* mkdir(2) decides between two runs that start in the same second. */
static bool claim(FlRundir *rundir, const char *runs, const char *stamp, GError **error)
{
	for (unsigned n = 1; n < 10000; n++) {
		g_free(rundir->id);
		g_free(rundir->path);
		rundir->id = n == 1 ? g_strdup(stamp) : g_strdup_printf("%s-%u", stamp, n);
		rundir->path = g_build_filename(runs, rundir->id, NULL);
		if (mkdir(rundir->path, 0755) == 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		    "the evidence folder %s cannot be made: %s", rundir->path, g_strerror(errno));
	return false;
}

FlRundir *fl_rundir_new(const char *out, const char *stamp, GError **error)
{
	g_autofree char *runs = g_build_filename(out, "runs", NULL);
	g_autoptr(FlRundir) rundir = g_new0(FlRundir, 1);

	if (!fl_fs_mkdir(runs, error) || !claim(rundir, runs, stamp, error))
		return NULL;
	return g_steal_pointer(&rundir);
}

char *fl_rundir_guest(const FlRundir *rundir, const char *label, GError **error)
{
	g_autofree char *path = g_build_filename(rundir->path, label, NULL);

	if (!fl_fs_mkdir(path, error))
		return NULL;
	return g_steal_pointer(&path);
}

bool fl_rundir_keep(const char *from, const char *to, GError **error)
{
	if (link(from, to) == 0)
		return true;
	return fl_fs_copy(from, to, error);
}

/* A link that points to the newest target also when the old one is there. */
static bool relink(const char *target, const char *path, GError **error)
{
	g_autofree char *temp = g_strdup_printf("%s.%d", path, (int)getpid());

	unlink(temp);
	if (symlink(target, temp) < 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			    "%s cannot be made: %s", temp, g_strerror(errno));
		return false;
	}
	return fl_fs_rename(temp, path, error);
}

bool fl_rundir_link(const FlRundir *rundir, const char *label, GError **error)
{
	g_autofree char *runs = g_path_get_dirname(rundir->path);
	g_autofree char *out = g_path_get_dirname(runs);
	g_autofree char *latest = g_build_filename(out, "latest", NULL);
	g_autofree char *newest = g_build_filename("runs", rundir->id, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(linked); i++) {
		g_autofree char *target = g_build_filename(label, linked[i], NULL);
		g_autofree char *path = g_build_filename(rundir->path, linked[i], NULL);

		if (!relink(target, path, error))
			return false;
	}
	return relink(newest, latest, error);
}

bool fl_rundir_test(const char *guest_dir, const char *name, const char *output, size_t output_len,
		    const char *result, GError **error)
{
	g_autofree char *part = g_strdelimit(g_strdup(name), "/", '_');
	g_autofree char *dir = g_build_filename(guest_dir, FL_RUNDIR_TESTS, part, NULL);
	g_autofree char *output_path = g_build_filename(dir, FL_RUNDIR_OUTPUT, NULL);
	g_autofree char *result_path = g_build_filename(dir, FL_RUNDIR_TEST, NULL);

	return fl_fs_mkdir(dir, error) && fl_fs_write(output_path, output, output_len, error) &&
	       fl_fs_write(result_path, result, strlen(result), error);
}

void fl_rundir_free(FlRundir *rundir)
{
	if (!rundir)
		return;
	g_free(rundir->id);
	g_free(rundir->path);
	g_free(rundir);
}
