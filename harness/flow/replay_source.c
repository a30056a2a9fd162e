// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folder has all but the boot that a guest went on from, and the disks: these are content of the
 * cache, and looked for by their hashes.
 */
#include "flow/replay_source.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/evidence.h"
#include "image/disk.h"
#include "vm/accel.h"
#include "vm/plugin.h"

#include <string.h>

typedef struct {
	const FlSite *site;
	const FlReplayRequest *request;
	FlReplaySource *source;
	FlGuestRecord *guest;
} Search;

void fl_replay_source_free(FlReplaySource *source)
{
	g_free(source->dir);
	g_free(source->bzimage);
	g_free(source->initrd);
	g_free(source->orders);
	fl_snapshot_free(source->snapshot);
	json_decref(source->inputs);
	fl_kcache_free(source->kernel);
	g_clear_pointer(&source->disks, g_ptr_array_unref);
	g_free(source->trace_then);
	fl_tracing_free(source->tracing);
	g_free(source);
}

static bool refuse(GError **error, const char *path, const char *what)
{
	g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_EVIDENCE, "%s: %s", path, what);
	return false;
}

/* A log that was changed after its run proves nothing. */
static bool check_log(const char *dir, const char *name, const char *recorded, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *hash = NULL;

	if (!recorded)
		return true;
	hash = fl_hash_file(path, error);
	if (!hash)
		return false;
	if (g_str_equal(hash, recorded))
		return true;
	return refuse(error, path,
		      "expected the bytes whose hash stands in guest.json, found "
		      "others: it was changed after the run");
}

static bool check_record(const FlGuestRecord *guest, const char *dir, GError **error)
{
	if (!guest->time_scale_milli || !guest->nonce || !guest->cpus || !guest->console_sha256)
		return refuse(
			error, dir,
			"cannot be replayed: expected the evidence of a guest that came to its "
			"end, made by this version of faultline");
	if (guest->snapshot && !guest->snapshot_sha256)
		return refuse(
			error, dir,
			"cannot be replayed: its guest went on from a boot, and guest.json does "
			"not say from which; the command in result.json runs it again");
	return !guest->deterministic ||
	       (check_log(dir, FL_RUNDIR_CONSOLE, guest->console_sha256, error) &&
		check_log(dir, FL_RUNDIR_WIRE, guest->wire_sha256, error) &&
		check_log(dir, FL_RUNDIR_TRACE, guest->trace_sha256, error));
}

static bool again(const Search *search, GError **error)
{
	FlReplaySource *source = search->source;
	g_autofree char *modules = fl_site_path(search->site, "guest-tests/modules");
	FlKernelSpec spec = {.name = search->guest->name,
			     .modules_dir = modules,
			     .cache_dir = search->site->cache_dir};

	source->kernel = fl_kcache_again(&spec, json_object_get(source->inputs, "kernel"),
					 search->site->cancel, error);
	return source->kernel != NULL;
}

/* The folder has the image itself; the cache, or a new build, is for one that lost it. */
static bool find_bzimage(const Search *search, GError **error)
{
	FlReplaySource *source = search->source;
	const FlGuestRecord *guest = search->guest;
	g_autofree char *path = g_build_filename(source->dir, FL_RUNDIR_BZIMAGE, NULL);
	g_autofree char *hash = fl_hash_file(path, NULL);

	if (hash && g_strcmp0(hash, guest->bzimage_sha256) == 0) {
		source->bzimage = g_steal_pointer(&path);
		return true;
	}
	if (!again(search, error))
		return false;
	source->bzimage = g_strdup(source->kernel->bzimage);
	if (g_strcmp0(source->kernel->bzimage_sha256, guest->bzimage_sha256) == 0)
		return true;
	return refuse(error, source->bzimage,
		      "expected the image of the run by its hash: it was built again and differs");
}

/* gdb and a trace want symbols; a report only looks better with them. */
static bool find_symbols(const Search *search, GError **error)
{
	FlReplaySource *source = search->source;
	FlGuestRecord *guest = search->guest;
	const json_t *kernel = json_object_get(source->inputs, "kernel");
	bool is_there = guest->vmlinux && g_file_test(guest->vmlinux, G_FILE_TEST_EXISTS);

	/* An image that somebody else built has none. */
	if (!(search->request->gdb || search->request->trace) || is_there ||
	    !json_object_get(kernel, "key"))
		return true;
	if (!source->kernel && !again(search, error))
		return false;
	g_free(guest->vmlinux);
	g_free(guest->modules);
	guest->vmlinux = g_strdup(source->kernel->vmlinux);
	guest->modules = g_strdup(source->kernel->modules);
	return true;
}

static bool find_own(const FlReplaySource *source, const char *name, char **ret_path,
		     GError **error)
{
	*ret_path = g_build_filename(source->dir, name, NULL);
	if (g_file_test(*ret_path, G_FILE_TEST_IS_REGULAR))
		return true;
	return refuse(error, *ret_path, "is missing: the guest's orders are in it");
}

/* Another boot of the same machine was saved at another instant: nothing of it would be the same. */
static bool find_snapshot(const Search *search, GError **error)
{
	FlReplaySource *source = search->source;
	const FlGuestRecord *guest = search->guest;

	source->snapshot = fl_snapshot_load(search->site, guest->snapshot);
	if (!source->snapshot)
		return refuse(
			error, source->dir,
			"cannot be replayed: expected the boot that its guest went on from in "
			"the cache; the command in result.json makes another and runs it again");
	if (g_str_equal(source->snapshot->sha256, guest->snapshot_sha256))
		return true;
	return refuse(error, source->dir,
		      "cannot be replayed: expected the boot that its guest went on from in the "
		      "cache, found another that was made since; the command in result.json runs "
		      "it again from there");
}

static bool find_start(const Search *search, GError **error)
{
	FlReplaySource *source = search->source;
	const FlGuestRecord *guest = search->guest;

	if (!guest->snapshot)
		return find_own(source, FL_RUNDIR_INITRD, &source->initrd, error);
	return find_own(source, FL_RUNDIR_ORDERS, &source->orders, error) &&
	       find_snapshot(search, error);
}

static void compare_disks(const FlReplaySource *source)
{
	const json_t *image;
	size_t i;

	json_array_foreach(json_object_get(source->inputs, "disk_images"), i, image) {
		const FlDisk *disk = g_ptr_array_index(source->disks, i);
		const char *sha256 = json_string_value(json_object_get(image, "sha256"));

		if (g_strcmp0(sha256, disk->sha256) != 0)
			fl_log_warning("the disk %s was made again since: it means the same and is "
				       "not the same bytes",
				       disk->name);
	}
}

static bool find_disks(const Search *search, const FlAccel *accel, GError **error)
{
	FlReplaySource *source = search->source;
	g_autofree char *images = fl_site_path(search->site, "images");
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const json_t *image;
	size_t i;

	json_array_foreach(json_object_get(source->inputs, "disk_images"), i, image) {
		const char *name = json_string_value(json_object_get(image, "name"));

		if (!name)
			return refuse(error, source->dir, "inputs.json: a disk without a name");
		g_ptr_array_add(names, (gpointer)name);
	}
	g_ptr_array_add(names, NULL);
	FlDiskSpec spec = {
		.self = search->site->self,
		.images_dir = images,
		.cache_dir = search->site->cache_dir,
		.force_tcg = strcmp(accel->name, "kvm") != 0,
		.names = (const char *const *)names->pdata,
	};
	source->disks = fl_disk_get(&spec, search->site->cancel, error);
	if (source->disks)
		compare_disks(source);
	return source->disks != NULL;
}

static bool check_machine(const Search *search, GError **error)
{
	FlReplaySource *source = search->source;
	const FlGuestRecord *guest = search->guest;
	const FlSite *site = search->site;
	const char *then = json_string_value(json_object_get(source->inputs, "qemu"));
	g_autoptr(FlAccel) accel =
		fl_accel_choose(guest->accel ? guest->accel : "auto", site->qemu,
				site->pause_plugin, site->cache_dir, site->cancel, error);

	if (!accel)
		return false;
	if (g_strcmp0(accel->qemu_version, then) != 0)
		fl_log_warning(
			"the run was made with %s, this is %s: a schedule belongs to one QEMU",
			then ? then : "another QEMU", accel->qemu_version);
	return find_disks(search, accel, error);
}

/* A run that was traced is traced again; what is watched changes neither the guest nor the trace. */
static bool find_trace(const Search *search, GError **error)
{
	FlReplaySource *source = search->source;
	const FlGuestRecord *guest = search->guest;
	const FlReplayRequest *request = search->request;

	if (request->trace && !guest->deterministic) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "--trace: expected a run with --deterministic: the vCPUs of %s ran in "
			    "parallel",
			    source->dir);
		return false;
	}
	source->was_traced = guest->trace_sha256 != NULL;
	if (!request->trace && !source->was_traced)
		return true;
	if (!fl_plugin_check(search->site->qemu, search->site->plugin, search->site->cancel, error))
		return false;
	if (source->was_traced) {
		source->trace_then = g_build_filename(source->dir, FL_RUNDIR_TRACE, NULL);
		source->trace.keeps_blocks = true;
		source->trace.like = source->trace_then;
	}
	if (!request->trace)
		return true;
	source->tracing = fl_tracing_new(guest, search->site->cache_dir, error);
	if (source->tracing)
		source->trace.watch = source->tracing->addresses;
	return source->tracing != NULL;
}

FlReplaySource *fl_replay_source_new(const FlSite *site, const FlReplayRequest *request,
				     const char *dir, FlGuestRecord *guest, GError **error)
{
	g_autofree char *inputs = g_build_filename(dir, FL_RUNDIR_INPUTS, NULL);
	g_autoptr(FlReplaySource) source = g_new0(FlReplaySource, 1);
	Search search = {.site = site, .request = request, .source = source, .guest = guest};

	source->dir = g_strdup(dir);
	source->inputs = fl_json_read(inputs, error);
	if (!source->inputs || !check_record(guest, dir, error) || !find_bzimage(&search, error) ||
	    !find_start(&search, error) || !find_symbols(&search, error) ||
	    !find_trace(&search, error) || !check_machine(&search, error))
		return NULL;
	return g_steal_pointer(&source);
}
