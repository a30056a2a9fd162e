// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an old evidence folder to a new one. The old one is read and never written to; what the new
 * run needs and the folder has lost is looked for in the cache, or built again as recorded.
 */
#include "flow/replay.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/evidence.h"
#include "flow/tracing.h"
#include "flow/trials.h"
#include "image/disk.h"
#include "kernel/kcache.h"
#include "vm/accel.h"
#include "vm/plugin.h"

#include <string.h>

/* An edited guest.json may ask for any limit. */
#define LIMIT_SCALE_MAX_MILLI 1e6
#define TESTS_LIMIT_MAX_MS    1e9

/* What one guest needs for its life; freed as one. */
typedef struct {
	char *dir; /* of the old evidence */
	char *bzimage;
	char *initrd;	      /* with the guest's orders, or: */
	char *orders;	      /* of one that went on from */
	FlSnapshot *snapshot; /* this boot */
	json_t *inputs;
	FlKernel *kernel; /* NULL: nothing of it was needed */
	GPtrArray *disks; /* of FlDisk */
	bool was_traced;
	char *trace_then;   /* its file */
	FlTracing *tracing; /* NULL: nothing is watched */
	FlTrialTrace trace; /* of the new run */
} Source;

typedef struct {
	const FlSite *site;
	const FlReplayRequest *request;
	FlRunRecord *record;
	GPtrArray *sources; /* of Source */
	GPtrArray *guests;  /* of FlReplayGuest */
} Replay;

static void source_free(Source *source)
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

void fl_replay_guest_free(FlReplayGuest *guest)
{
	g_free(guest->verdict_then);
	fl_witness_clear(&guest->witness);
	fl_retrace_clear(&guest->retrace);
	g_clear_pointer(&guest->functions, g_ptr_array_unref);
	fl_until_free(guest->until);
	g_free(guest);
}

static bool refuse(GError **error, const char *path, const char *what)
{
	g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_EVIDENCE, "%s: %s", path, what);
	return false;
}

/* ---- what was recorded ---- */

/* The verdict stands in the run's result.json; a guest's folder is below the run's. */
static char *recorded_verdict(const char *dir)
{
	g_autofree char *label = g_path_get_basename(dir);
	g_autofree char *run = g_path_get_dirname(dir);
	g_autofree char *path = g_build_filename(run, FL_RUNDIR_RESULT, NULL);
	g_autoptr(json_t) result = fl_json_read(path, NULL);
	const json_t *guest;
	size_t i;

	json_array_foreach(json_object_get(result, "kernels"), i, guest) {
		const char *name = json_string_value(json_object_get(guest, "evidence"));

		if (g_strcmp0(name, label) == 0)
			return g_strdup(json_string_value(json_object_get(guest, "verdict")));
	}
	return NULL;
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

/* ---- what it takes ---- */

static bool again(const Replay *replay, Source *source, const char *name, GError **error)
{
	g_autofree char *modules = fl_site_path(replay->site, "guest-tests/modules");
	FlKernelSpec spec = {
		.name = name, .modules_dir = modules, .cache_dir = replay->site->cache_dir};

	source->kernel = fl_kcache_again(&spec, json_object_get(source->inputs, "kernel"),
					 replay->site->cancel, error);
	return source->kernel != NULL;
}

/* The folder has the image itself; the cache, or a new build, is for one that lost it. */
static bool find_bzimage(const Replay *replay, Source *source, const FlGuestRecord *guest,
			 GError **error)
{
	g_autofree char *path = g_build_filename(source->dir, FL_RUNDIR_BZIMAGE, NULL);
	g_autofree char *hash = fl_hash_file(path, NULL);

	if (hash && g_strcmp0(hash, guest->bzimage_sha256) == 0) {
		source->bzimage = g_steal_pointer(&path);
		return true;
	}
	if (!again(replay, source, guest->name, error))
		return false;
	source->bzimage = g_strdup(source->kernel->bzimage);
	if (g_strcmp0(source->kernel->bzimage_sha256, guest->bzimage_sha256) == 0)
		return true;
	return refuse(error, source->bzimage,
		      "expected the image of the run by its hash: it was built again and differs");
}

/* gdb and a trace want symbols; a report only looks better with them. */
static bool find_symbols(const Replay *replay, Source *source, FlGuestRecord *guest, GError **error)
{
	const json_t *kernel = json_object_get(source->inputs, "kernel");
	bool is_there = guest->vmlinux && g_file_test(guest->vmlinux, G_FILE_TEST_EXISTS);

	/* An image that somebody else built has none. */
	if (!(replay->request->gdb || replay->request->trace) || is_there ||
	    !json_object_get(kernel, "key"))
		return true;
	if (!source->kernel && !again(replay, source, guest->name, error))
		return false;
	g_free(guest->vmlinux);
	g_free(guest->modules);
	guest->vmlinux = g_strdup(source->kernel->vmlinux);
	guest->modules = g_strdup(source->kernel->modules);
	return true;
}

static bool find_own(const Source *source, const char *name, char **ret_path, GError **error)
{
	*ret_path = g_build_filename(source->dir, name, NULL);
	if (g_file_test(*ret_path, G_FILE_TEST_IS_REGULAR))
		return true;
	return refuse(error, *ret_path, "is missing: the guest's orders are in it");
}

/* Another boot of the same machine was saved at another instant: nothing of it would be the same. */
static bool find_snapshot(const Replay *replay, Source *source, const FlGuestRecord *guest,
			  GError **error)
{
	source->snapshot = fl_snapshot_load(replay->site, guest->snapshot);
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

static bool find_start(const Replay *replay, Source *source, const FlGuestRecord *guest,
		       GError **error)
{
	if (!guest->snapshot)
		return find_own(source, FL_RUNDIR_INITRD, &source->initrd, error);
	return find_own(source, FL_RUNDIR_ORDERS, &source->orders, error) &&
	       find_snapshot(replay, source, guest, error);
}

static void compare_disks(const Source *source)
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

static bool find_disks(const Replay *replay, Source *source, const FlAccel *accel, GError **error)
{
	g_autofree char *images = fl_site_path(replay->site, "images");
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
		.self = replay->site->self,
		.images_dir = images,
		.cache_dir = replay->site->cache_dir,
		.force_tcg = strcmp(accel->name, "kvm") != 0,
		.names = (const char *const *)names->pdata,
	};
	source->disks = fl_disk_get(&spec, replay->site->cancel, error);
	if (source->disks)
		compare_disks(source);
	return source->disks != NULL;
}

static bool check_machine(const Replay *replay, Source *source, FlGuestRecord *guest,
			  GError **error)
{
	const FlSite *site = replay->site;
	const char *then = json_string_value(json_object_get(source->inputs, "qemu"));
	g_autoptr(FlAccel) accel = fl_accel_choose(guest->accel ? guest->accel : "auto", site->qemu,
						   site->cache_dir, site->cancel, error);

	if (!accel)
		return false;
	if (g_strcmp0(accel->qemu_version, then) != 0)
		fl_log_warning(
			"the run was made with %s, this is %s: a schedule belongs to one QEMU",
			then ? then : "another QEMU", accel->qemu_version);
	return find_disks(replay, source, accel, error);
}

/* A run that was traced is traced again; what is watched changes neither the guest nor the trace. */
static bool find_trace(const Replay *replay, Source *source, const FlGuestRecord *guest,
		       GError **error)
{
	const FlReplayRequest *request = replay->request;

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
	if (!fl_plugin_check(replay->site->qemu, replay->site->plugin, replay->site->cancel, error))
		return false;
	if (source->was_traced) {
		source->trace_then = g_build_filename(source->dir, FL_RUNDIR_TRACE, NULL);
		source->trace.keeps_blocks = true;
		source->trace.like = source->trace_then;
	}
	if (!request->trace)
		return true;
	source->tracing = fl_tracing_new(guest, replay->site->cache_dir, error);
	if (source->tracing)
		source->trace.watch = source->tracing->addresses;
	return source->tracing != NULL;
}

/* What the old run found out makes room for what the new one will. */
static void forget(FlGuestRecord *guest, const char *dir, double timeout_scale)
{
	g_autofree char *config = g_build_filename(dir, FL_RUNDIR_CONFIG, NULL);

	g_free(guest->label);
	guest->label = g_path_get_basename(dir);
	if (g_file_test(config, G_FILE_TEST_IS_REGULAR))
		guest->config = g_steal_pointer(&config);
	g_clear_pointer(&guest->detail, g_free);
	g_clear_pointer(&guest->trace_sha256, g_free);
	guest->ending = FL_ENDING_UNKNOWN;
	guest->limit_scale_milli =
		(unsigned)MIN(guest->limit_scale_milli * timeout_scale, LIMIT_SCALE_MAX_MILLI);
	guest->tests_limit_ms =
		(uint64_t)MIN((double)guest->tests_limit_ms * timeout_scale, TESTS_LIMIT_MAX_MS);
}

static bool add_guest(Replay *replay, const char *dir, GError **error)
{
	g_autofree char *inputs = g_build_filename(dir, FL_RUNDIR_INPUTS, NULL);
	FlGuestRecord *guest = fl_evidence_load_guest(dir, error);
	Source *source;
	FlReplayGuest *then;

	if (!guest)
		return false;
	g_ptr_array_add(replay->record->guests, guest);
	source = g_new0(Source, 1);
	source->dir = g_strdup(dir);
	g_ptr_array_add(replay->sources, source);
	then = g_new0(FlReplayGuest, 1);
	g_ptr_array_add(replay->guests, then);
	source->inputs = fl_json_read(inputs, error);
	if (!source->inputs || !check_record(guest, dir, error) ||
	    !find_bzimage(replay, source, guest, error) ||
	    !find_start(replay, source, guest, error) ||
	    !find_symbols(replay, source, guest, error) ||
	    !find_trace(replay, source, guest, error) ||
	    !check_machine(replay, source, guest, error))
		return false;
	then->verdict_then = recorded_verdict(dir);
	then->ending_then = guest->ending;
	if (replay->request->until)
		then->until = fl_until_new(replay->request->until);
	forget(guest, dir, replay->request->timeout_scale);
	return true;
}

static bool add_guests(Replay *replay, GError **error)
{
	g_autoptr(GPtrArray) dirs = fl_evidence_guests(replay->request->path, error);

	if (!dirs || !fl_fs_mkdir(replay->site->cache_dir, error))
		return false;
	if (replay->request->gdb && dirs->len > 1) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "--gdb: the run has %u guests: name the folder of one, as %s",
			    dirs->len, (const char *)dirs->pdata[0]);
		return false;
	}
	for (guint i = 0; i < dirs->len; i++)
		if (!add_guest(replay, g_ptr_array_index(dirs, i), error))
			return false;
	return true;
}

/* ---- then and now ---- */

static bool compare_log(FlReplayGuest *guest, const char *then_dir, const char *now_dir,
			const char *name, bool cut, GError **error)
{
	g_autofree char *then_path = g_build_filename(then_dir, name, NULL);
	g_autofree char *now_path = g_build_filename(now_dir, name, NULL);
	g_autofree char *then = NULL;
	g_autofree char *now = NULL;
	size_t then_len, now_len;

	if (!fl_fs_read(then_path, &then, &then_len, error) ||
	    !fl_fs_read(now_path, &now, &now_len, error))
		return false;
	fl_witness_clear(&guest->witness);
	fl_witness_compare(then, then_len, now, now_len, &guest->witness);
	guest->file = name;
	guest->same = guest->witness.same || (cut && guest->witness.prefix);
	guest->ended_by_us |= guest->same && !guest->witness.same;
	return true;
}

static FlTrialSetup make_setup(const Replay *replay, guint i, FlGuestRecord *guest,
			       const FlRundir *rundir)
{
	const Source *source = g_ptr_array_index(replay->sources, i);

	return (FlTrialSetup){
		.site = replay->site,
		.rundir = rundir,
		.guest = guest,
		.bzimage = source->bzimage,
		.initrd = source->initrd,
		.snapshot = source->snapshot,
		.orders = source->orders,
		.disks = source->disks,
		.inputs = source->inputs,
		.effort = 1,
		.trace = source->was_traced || source->tracing ? &source->trace : NULL,
		.until = ((FlReplayGuest *)replay->guests->pdata[i])->until,
		.gdb = replay->request->gdb,
		.events = replay->request->events,
	};
}

static bool compare_traces(const Replay *replay, guint i, const char *now_dir, bool cut,
			   GError **error)
{
	FlReplayGuest *guest = g_ptr_array_index(replay->guests, i);
	const Source *source = g_ptr_array_index(replay->sources, i);
	g_autoptr(FlGuestRecord) fresh = NULL;
	FlTrialSetup setup;

	if (source->tracing &&
	    !fl_tracing_order(source->tracing, now_dir, &guest->functions, error))
		return false;
	if (!source->was_traced)
		return true;
	fresh = fl_evidence_load_guest(source->dir, error);
	if (!fresh)
		return false;
	forget(fresh, source->dir, replay->request->timeout_scale);
	setup = make_setup(replay, i, fresh, NULL);
	return fl_retrace(&setup, source->dir, now_dir, cut, &guest->retrace, error);
}

static bool compare(const Replay *replay, guint i, const char *run_dir, GError **error)
{
	FlReplayGuest *guest = g_ptr_array_index(replay->guests, i);
	const FlGuestRecord *now = g_ptr_array_index(replay->record->guests, i);
	const Source *source = g_ptr_array_index(replay->sources, i);
	g_autofree char *dir = g_build_filename(run_dir, now->label, NULL);
	/* What a guest that was ended from outside would have said next is not known. */
	bool cut = !fl_ending_is_own(guest->ending_then) || !fl_ending_is_own(now->ending);

	/* The console first: it is what people read. */
	if (!compare_log(guest, source->dir, dir, FL_RUNDIR_CONSOLE, cut, error) ||
	    (guest->same && !compare_log(guest, source->dir, dir, FL_RUNDIR_WIRE, cut, error)))
		return false;
	return now->ending == FL_ENDING_QEMU || compare_traces(replay, i, dir, cut, error);
}

/* ---- the run ---- */

static GArray *make_setups(const Replay *replay, const FlRundir *rundir)
{
	GArray *setups = g_array_new(FALSE, TRUE, sizeof(FlTrialSetup));

	for (guint i = 0; i < replay->sources->len; i++) {
		FlTrialSetup setup =
			make_setup(replay, i, g_ptr_array_index(replay->record->guests, i), rundir);

		g_array_append_val(setups, setup);
	}
	return setups;
}

static bool run(const Replay *replay, const FlRundir *rundir, GError **error)
{
	const FlReplayRequest *request = replay->request;
	g_autoptr(GArray) setups = make_setups(replay, rundir);
	FlTrials trials = {
		.rundir = rundir,
		.record = replay->record,
		.setups = (const FlTrialSetup *)(gpointer)setups->data,
		.n = setups->len,
		.jobs = request->jobs,
		/* A guest that was cut off by request has no verdict that a history should count. */
		.out = request->until ? NULL : request->out,
		.cancel = replay->site->cancel,
		.on_ready = request->on_ready,
		.data = request->events.data,
	};

	if (!fl_trials_run(&trials, error))
		return false;
	for (guint i = 0; i < replay->guests->len; i++)
		if (!compare(replay, i, rundir->path, error))
			return false;
	return true;
}

bool fl_replay(const FlSite *site, const FlReplayRequest *request, FlRunRecord **ret_record,
	       char **ret_evidence, GPtrArray **ret_guests, GError **error)
{
	g_autoptr(FlRunRecord) record = fl_record_new("");
	g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);
	g_autoptr(GPtrArray) guests =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_replay_guest_free);
	g_autoptr(FlRundir) rundir = NULL;
	Replay replay = {.site = site,
			 .request = request,
			 .record = record,
			 .sources = sources,
			 .guests = guests};
	bool ok;

	if (!add_guests(&replay, error) ||
	    !(rundir = fl_rundir_new(request->out, request->stamp, error)))
		return false;
	g_free(record->id);
	g_free(record->command);
	record->id = g_strdup(rundir->id);
	record->command = g_strdup(request->command);
	ok = run(&replay, rundir, error);
	*ret_record = g_steal_pointer(&record);
	*ret_evidence = g_strdup(rundir->path);
	*ret_guests = g_steal_pointer(&guests);
	return ok;
}
