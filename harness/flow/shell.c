// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interactive guest. Uses the script that every run leaves in its evidence, so that what a
 * user gets by hand and what the shell verb gives are one thing.
 */
#include "flow/shell.h"

#include "base/fs.h"
#include "base/log.h"
#include "base/proc.h"
#include "image/disk.h"
#include "image/initramfs.h"
#include "plan/orders.h"
#include "vm/accel.h"
#include "vm/tsc.h"
#include "vm/qemu.h"

#include <string.h>

static bool write_initrd(const char *base, const FlKernel *kernel, uint64_t seed, const char *path,
			 GError **error)
{
	g_autofree char *nonce = fl_orders_nonce(kernel->key, "shell", seed);
	FlOrders orders = {
		.nonce = nonce, .seed = seed, .time_scale_milli = 1000, .effort = 1, .shell = true};
	g_autofree char *text = fl_orders_text(&orders);

	return fl_initramfs_with_orders(base, text, path, error);
}

static bool run_script(const FlVmSpec *spec, const char *dir, GError **error)
{
	g_autofree char *script = fl_qemu_script(spec);
	g_autofree char *path = g_build_filename(dir, "command.sh", NULL);
	const char *argv[] = {"sh", "-c", "cd \"$0\" && exec sh ./command.sh", dir, NULL};
	int status;

	if (!fl_fs_write(path, script, strlen(script), error))
		return false;
	fl_log_step("the guest's shell is on this terminal; leave it with exit, or end QEMU with "
		    "Ctrl-A x");
	return fl_proc_run_terminal(argv, &status, error);
}

static bool boot(const FlSite *site, const FlShellRequest *request, const FlKernel *kernel,
		 const FlAccel *accel, const char *dir, GError **error)
{
	g_autofree char *images = fl_site_path(site, "images");
	g_autofree char *initrd = g_build_filename(dir, "initramfs.cpio", NULL);
	g_autofree char *base = NULL;
	g_autofree char *key = NULL;
	g_autoptr(GPtrArray) disks = NULL;
	g_autofree FlVmDisk *vm_disks = NULL;
	FlDiskSpec disk_spec = {
		.images_dir = images,
		.cache_dir = site->cache_dir,
		.force_tcg = strcmp(accel->name, "kvm") != 0,
		.names = NULL, /* all: the shell can do what any test does */
		.self = site->self,
	};

	disks = fl_disk_get(&disk_spec, site->cancel, error);
	if (!disks || !fl_prepare_initramfs(site, kernel, NULL, &base, &key, error) ||
	    !write_initrd(base, kernel, request->seed, initrd, error))
		return false;
	vm_disks = fl_prepare_vm_disks(disks);
	FlVmSpec spec = {
		.qemu = site->qemu,
		.bzimage = kernel->bzimage,
		.initrd = initrd,
		.cpus = request->cpus,
		.memory_mib = request->memory_mib,
		.accel = accel->name,
		.pause_plugin = accel->pause_yields ? site->pause_plugin : NULL,
		.tsc_khz = fl_tsc_khz(),
		.seed = request->seed,
		.disks = vm_disks,
		.n_disks = disks->len,
		.watchdog_s = 120,
	};
	return run_script(&spec, dir, error);
}

bool fl_shell(const FlSite *site, const FlShellRequest *request, GError **error)
{
	g_autoptr(FlAccel) accel = NULL;
	g_autoptr(FlKernel) kernel = NULL;
	g_autofree char *dir = NULL;
	bool ok;

	if (!fl_fs_mkdir(site->cache_dir, error))
		return false;
	accel = fl_accel_choose(request->accel, site->qemu, site->pause_plugin, site->cache_dir,
				site->cancel, error);
	if (!accel)
		return false;
	kernel = fl_prepare_kernel(site, request->kernel, &request->extra, error);
	if (!kernel || !(dir = fl_fs_temp_dir(g_get_tmp_dir(), "faultline-shell", error)))
		return false;
	ok = boot(site, request, kernel, accel, dir, error);
	return fl_fs_remove(dir, ok ? error : NULL) && ok;
}
