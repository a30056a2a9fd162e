// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main job, in a straight line: parts, boots to go on from, guests, verdict. Each step is
 * another file's; this one only puts them in order.
 */
#include "flow/run.h"

#include "base/json.h"
#include "base/log.h"
#include "flow/guests.h"
#include "flow/inputs.h"
#include "flow/machine.h"
#include "flow/trials.h"

struct FlRun {
	FlParts parts;
	GPtrArray *snapshots; /* as in FlGuestsSpec */
};

void fl_run_free(FlRun *run)
{
	if (!run)
		return;
	fl_parts_clear(&run->parts);
	g_clear_pointer(&run->snapshots, g_ptr_array_unref);
	g_free(run);
}

/* ---- boots to go on from ---- */

static bool add_snapshot(FlRun *run, const FlPartsKernel *kernel, unsigned cpus, GError **error)
{
	const FlParts *parts = &run->parts;
	const char *name = kernel->plan->name;
	g_autoptr(FlGuestRecord) guest = fl_guests_describe(parts, kernel, cpus, 1, 1);
	g_autoptr(json_t) inputs = fl_inputs_machine(parts, kernel->built);
	g_autofree FlVmDisk *disks = fl_prepare_vm_disks(parts->disks);
	g_autofree char *why = NULL;
	FlVmSpec machine = fl_machine(parts->site, guest, disks, parts->disks->len);
	FlSnapshotSpec spec = {
		.site = parts->site,
		.machine = &machine,
		.initramfs = kernel->initramfs,
		.name = name,
		.inputs = inputs,
	};
	FlSnapshot *snapshot;

	machine.bzimage = kernel->built->bzimage;
	if (!fl_snapshot_get(&spec, &snapshot, &why, error)) {
		g_prefix_error(error, "%s: ", name);
		return false;
	}
	if (why)
		fl_log_warning(
			"%s: nothing can go on from its boot, so all its guests boot, for all "
			"their tests: %s",
			name, why);
	g_ptr_array_add(run->snapshots, snapshot);
	return true;
}

static bool prepare_snapshots(FlRun *run, GError **error)
{
	const FlParts *parts = &run->parts;

	if (!parts->request->restore)
		return true;
	run->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)fl_snapshot_free);
	for (guint i = 0; i < parts->kernels->len; i++)
		for (unsigned n = 0; n < parts->n_cpu_counts; n++)
			if (!add_snapshot(run, g_ptr_array_index(parts->kernels, i),
					  parts->cpu_counts[n], error))
				return false;
	return true;
}

/* ---- the job ---- */

FlRun *fl_run_prepare(const FlSite *site, const FlRunRequest *request, GError **error)
{
	g_autoptr(FlRun) run = g_new0(FlRun, 1);

	if (!fl_parts_get(&run->parts, site, request, error) || !prepare_snapshots(run, error))
		return NULL;
	return g_steal_pointer(&run);
}

char *fl_run_key(FlRun *run)
{
	g_autoptr(FlRunRecord) record = fl_record_new("");
	g_auto(FlGuests) guests = {0};
	FlGuestsSpec spec = {.parts = &run->parts, .snapshots = run->snapshots, .record = record};

	fl_guests_make(&spec, 0, 1, &guests);
	return fl_inputs_key(guests.inputs);
}

bool fl_run_boot(FlRun *run, uint64_t seed, unsigned repeat, FlRunRecord **ret_record,
		 char **ret_evidence, GError **error)
{
	const FlRunRequest *request = run->parts.request;
	g_autoptr(FlRundir) rundir = fl_rundir_new(request->out, request->stamp, error);
	g_auto(FlGuests) guests = {0};
	FlGuestsSpec spec = {.parts = &run->parts, .snapshots = run->snapshots, .rundir = rundir};
	bool ok;

	if (!rundir)
		return false;
	spec.record = fl_record_new(rundir->id);
	g_free(spec.record->command);
	spec.record->command = g_strdup(request->command);
	fl_guests_make(&spec, seed, repeat, &guests);
	FlTrials trials = {
		.rundir = rundir,
		.record = spec.record,
		.setups = (const FlTrialSetup *)(gpointer)guests.setups->data,
		.n = guests.setups->len,
		.jobs = request->jobs,
		.fail_fast = request->fail_fast,
		.out = request->out,
		.cancel = run->parts.site->cancel,
		.on_ready = request->on_ready,
		.data = request->events.data,
	};
	ok = fl_trials_run(&trials, error);
	*ret_record = spec.record;
	*ret_evidence = g_strdup(rundir->path);
	return ok;
}

bool fl_run(const FlSite *site, const FlRunRequest *request, FlRunRecord **ret_record,
	    char **ret_evidence, GError **error)
{
	g_autoptr(FlRun) run = fl_run_prepare(site, request, error);
	uint64_t seed = request->has_seed ? request->seed : request->plan->seed;

	return run && fl_run_boot(run, seed, request->repeat, ret_record, ret_evidence, error);
}
