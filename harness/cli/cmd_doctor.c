// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline doctor: what a run needs, what was found, and how to mend what is missing.
 */
#include "base/fs.h"
#include "base/log.h"
#include "cli/options.h"
#include "vm/accel.h"
#include "vm/plugin.h"

#include <glob.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SUMMARY                                                                                   \
	"Tells what a run needs, what this machine has, and how to mend what is missing. Exit 3 " \
	"if it cannot run."

#define DISK_NEEDED_GIB \
	8.0 /* kernel source, its object trees, images: about 5 GiB for the default plan */

typedef struct {
	const char *program, *package, *why;
} Need;

static const Need programs[] = {
	{"qemu-system-x86_64", "qemu-system-x86", "runs the guests"},
	{"qemu-img", "qemu-utils", "makes disk images, through libguestfs"},
	{"gcc", "gcc", "builds kernels"},
	{"make", "make", "builds kernels"},
	{"ld", "binutils", "builds kernels"},
	{"git", "git", "keeps kernel sources and applies patches"},
	{"flex", "flex", "builds kernels"},
	{"bison", "bison", "builds kernels"},
	{"bc", "bc", "builds kernels"},
	{"lz4", "lz4", "compresses kernels"},
	{"supermin", "supermin", "makes disk images, through libguestfs"},
};

static const Need files[] = {
	{"/usr/src/linux-source-6.12.tar.xz", "linux-source-6.12", "the packaged kernel source"},
	{"/bin/busybox", "busybox-static", "the guest's shell"},
	{"/usr/include/libelf.h", "libelf-dev", "objtool needs it"},
	{"/boot/vmlinuz-*", "linux-image-cloud-amd64", "the libguestfs appliance boots it"},
};

static void report(bool found, const char *what, const char *detail, const char *mend)
{
	printf("%s %-34s %s\n", found ? "ok     " : "MISSING", what, detail);
	if (!found)
		printf("        mend: %s\n", mend);
}

static bool check_program(const Need *need)
{
	g_autofree char *path = g_find_program_in_path(need->program);
	g_autofree char *mend = g_strdup_printf("apt-get install %s", need->package);

	report(path != NULL, need->program, path ? path : need->why, mend);
	return path != NULL;
}

static bool check_file(const Need *need)
{
	g_autofree char *mend = g_strdup_printf("apt-get install %s", need->package);
	glob_t found = {0};
	bool ok = glob(need->program, 0, NULL, &found) == 0;

	report(ok, need->program, ok ? found.gl_pathv[0] : need->why, mend);
	globfree(&found);
	return ok;
}

static bool check_guest(const FlSite *site)
{
	g_autofree char *manifest = g_build_filename(site->guest_dir, "manifest", NULL);
	bool ok = g_file_test(manifest, G_FILE_TEST_EXISTS);

	report(ok, "guest programs", site->guest_dir, "make");
	return ok;
}

static bool check_space(const FlSite *site)
{
	g_autofree char *detail = NULL;
	struct statvfs st;
	double gib;
	bool ok;

	if (statvfs(site->cache_dir, &st) < 0)
		return false;
	gib = (double)st.f_bavail * (double)st.f_frsize / (double)(1 << 30);
	detail = g_strdup_printf("%.1f GiB free in %s", gib, site->cache_dir);
	ok = gib >= DISK_NEEDED_GIB;
	report(ok, "disk space", detail, "make room, or set XDG_CACHE_HOME to a larger disk");
	return ok;
}

static bool check_accel(const FlCli *cli)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlAccel) accel = fl_accel_choose("auto", cli->site->qemu, cli->site->pause_plugin,
						   cli->site->cache_dir, cli->site->cancel, &error);

	report(accel != NULL, accel ? accel->name : "accelerator",
	       accel ? accel->reason : error->message, "apt-get install qemu-system-x86");
	return accel != NULL;
}

/* Only --trace needs it. */
static void check_trace(const FlCli *cli)
{
	g_autoptr(GError) error = NULL;
	bool ok = fl_plugin_check(cli->site->qemu, cli->site->plugin, cli->site->cancel, &error);

	report(ok, "plugin of --trace", ok ? cli->site->plugin : error->message,
	       "make, and a QEMU that was built with plugins; everything but --trace works "
	       "without");
}

int fl_cmd_doctor(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	bool ok = true;

	if (!fl_options_parse(&options, 0, NULL, SUMMARY, argc, argv, error) ||
	    !fl_fs_mkdir(cli->site->cache_dir, error))
		return -1;
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++)
		ok &= check_program(&programs[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
		ok &= check_file(&files[i]);
	ok &= check_guest(cli->site);
	ok &= check_space(cli->site);
	ok &= check_accel(cli);
	check_trace(cli);
	if (g_cancellable_set_error_if_cancelled(cli->site->cancel, error))
		return -1;
	puts(ok ? "A run is possible."
		: "A run is not possible: mend what is MISSING (make deps installs every "
		  "package).");
	return ok ? FL_EXIT_PASS : FL_EXIT_BROKEN;
}
