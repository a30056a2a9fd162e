/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The child that makes disk images, both of its ends.
 *
 * libguestfs blocks and cannot be interrupted, so it runs in the program's own child: a signal
 * or the deadline kills the whole process group, and what it had begun lies in folders that the
 * parent removes. The child speaks in lines: "+ progress" and "! error".
 */
#include "image/disk_child.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/proc.h"
#include "image/appliance.h"
#include "image/image.h"
#include "image/recipe.h"

#define DEADLINE_US (600ull * G_USEC_PER_SEC) /* TCG on a loaded machine takes a minute */
#define NO_KERNEL                                                                                  \
	"libguestfs needs a kernel of the distribution for its appliance and /boot has none that " \
	"can be read: apt-get install linux-image-cloud-amd64"

/* What the child has said. */
typedef struct {
	char *error; /* of its "! error" line */
} Talk;

static void talk_clear(Talk *talk)
{
	g_free(talk->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Talk, talk_clear)

/* libguestfs would say so after its first steps, and in other words. */
static bool check_kernel(const FlDiskChild *spec, GError **error)
{
	g_autoptr(GDir) boot = g_dir_open("/boot", 0, NULL);
	const char *name;

	if (spec->kernel)
		return true;
	while (boot && (name = g_dir_read_name(boot))) {
		g_autofree char *path = g_build_filename("/boot", name, NULL);

		if (g_str_has_prefix(name, "vmlinuz-") && access(path, R_OK) == 0)
			return true;
	}
	g_set_error_literal(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING, NO_KERNEL);
	return false;
}

static void on_child_line(const char *line, gpointer data)
{
	Talk *talk = data;

	if (g_str_has_prefix(line, "+ "))
		fl_log_live("%s", line + 2);
	if (g_str_has_prefix(line, "! ")) {
		g_free(talk->error);
		talk->error = g_strdup(line + 2);
	}
}

static bool child_failed(const FlDiskChild *spec, const char *words, const char *log, GError *cause,
			 GError **error)
{
	g_autofree char *kept = g_build_filename(spec->cache, "last-failure.log", NULL);

	fl_appliance_sweep();
	if (!words || !g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_FAILED)) {
		g_propagate_prefixed_error(error, cause, "making disk images: ");
		return false;
	}
	g_error_free(cause);
	if (fl_fs_rename(log, kept, NULL))
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED,
			    "making disk images: %s (its log is %s)", words, kept);
	else
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED, "making disk images: %s",
			    words);
	return false;
}

static bool run_child(const FlDiskChild *spec, const char *scratch, GCancellable *cancel,
		      GError **error)
{
	g_autofree char *log = g_build_filename(spec->work, "log", NULL);
	g_auto(Talk) talk = {0};
	const char *const argv[] = {spec->self,
				    FL_DISK_CHILD_VERB,
				    spec->recipes,
				    spec->work,
				    scratch,
				    spec->cache,
				    spec->force_tcg ? "tcg" : "any",
				    spec->kernel ? spec->kernel : "",
				    spec->modules ? spec->modules : "",
				    NULL};
	const FlProcSpec child = {.argv = argv,
				  .log_path = log,
				  .deadline_us = DEADLINE_US,
				  .on_line = on_child_line,
				  .on_line_data = &talk};
	GError *cause = NULL;

	return fl_proc_run(&child, cancel, NULL, &cause) ||
	       child_failed(spec, talk.error, log, cause, error);
}

/* Sockets have short paths, so theirs is not under the cache, which may lie deep. */
bool fl_disk_child_run(const FlDiskChild *spec, GCancellable *cancel, GError **error)
{
	g_autofree char *scratch = NULL;
	bool ok;

	if (!check_kernel(spec, error))
		return false;
	scratch = fl_fs_temp_dir(g_get_tmp_dir(), "faultline-disk", error);
	if (!scratch)
		return false;
	ok = run_child(spec, scratch, cancel, error);
	if (!fl_fs_remove(scratch, ok ? error : NULL))
		ok = false;
	return ok;
}

static void say(const char *line)
{
	printf("+ %s\n", line);
	fflush(stdout);
}

/* supermin, which builds the appliance, takes its kernel from the environment alone. */
static void choose_kernel(const char *kernel, const char *modules)
{
	const char *const names[] = {"SUPERMIN_KERNEL", "SUPERMIN_MODULES"};
	const char *const values[] = {kernel, modules};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (*values[i])
			g_setenv(names[i], values[i], TRUE);
		else
			g_unsetenv(names[i]);
	g_unsetenv("SUPERMIN_KERNEL_VERSION");
}

int fl_disk_child_main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) recipes = NULL;
	FlAppliance appliance = {0};

	if (argc != 8) {
		fprintf(stderr, "%s is for faultline's own use\n", FL_DISK_CHILD_VERB);
		return 2;
	}
	recipes = fl_recipe_parse(argv[1], strlen(argv[1]), "recipe", &error);
	appliance = (FlAppliance){.recipes = recipes,
				  .to = argv[2],
				  .scratch = argv[3],
				  .cache = argv[4],
				  .force_tcg = g_str_equal(argv[5], "tcg")};
	choose_kernel(argv[6], argv[7]);
	if (recipes && fl_appliance_make(&appliance, say, &error))
		return 0;
	g_strdelimit(error->message, "\n", ' ');
	printf("! %s\n", error->message);
	return 1;
}
