// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main job, in a straight line: accelerator, tests, kernels, disks, initramfs, guests,
 * verdict. Each step is another file's; this one only puts them in order.
 */
#include "flow/run.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "flow/limits.h"
#include "flow/machine.h"
#include "flow/places.h"
#include "flow/snapshot.h"
#include "flow/trials.h"
#include "image/disk.h"
#include "judge/rules.h"
#include "plan/manifest.h"
#include "plan/orders.h"
#include "vm/plugin.h"

#include <string.h>

#define DETERMINISTIC_MEMORY_MAX_MIB 2048u

/* What a run gathers on its way. */
struct FlRun {
	const FlSite *site;
	const FlRunRequest *request;
	FlAccel *accel;
	GPtrArray *manifest;  /* of FlTest: all there are */
	GPtrArray *selected;  /* of FlTest, borrowed */
	GPtrArray *kernels;   /* of FlPlanKernel, borrowed */
	GPtrArray *built;     /* of FlKernel, one for each of kernels */
	GPtrArray *initramfs; /* of char *, likewise */
	GArray *yields;	  /* of FlYields, likewise, with their places; NULL: no vCPU gives way */
	GPtrArray *disks; /* of FlDisk */
	GPtrArray *snapshots; /* of FlSnapshot, for each kernel with each of cpu_counts; or NULL */
	const unsigned *cpu_counts; /* each kernel runs with each of them */
	unsigned n_cpu_counts, memory_mib;
};

/* The guests of one boot; freed as one. */
typedef struct {
	FlRun *run;
	const FlRundir *rundir;
	FlRunRecord *record;
	GArray *setups;	   /* of FlTrialSetup */
	GPtrArray *inputs; /* of json_t, one for each guest */
	GPtrArray *tests;  /* of GPtrArray of FlTest: those that each guest runs */
} Guests;

void fl_run_free(FlRun *run)
{
	if (!run)
		return;
	fl_accel_free(run->accel);
	g_clear_pointer(&run->manifest, g_ptr_array_unref);
	g_clear_pointer(&run->selected, g_ptr_array_unref);
	g_clear_pointer(&run->kernels, g_ptr_array_unref);
	g_clear_pointer(&run->built, g_ptr_array_unref);
	g_clear_pointer(&run->initramfs, g_ptr_array_unref);
	g_clear_pointer(&run->yields, g_array_unref);
	g_clear_pointer(&run->disks, g_ptr_array_unref);
	g_clear_pointer(&run->snapshots, g_ptr_array_unref);
	g_free(run);
}

static void guests_clear(Guests *guests)
{
	g_clear_pointer(&guests->setups, g_array_unref);
	g_clear_pointer(&guests->inputs, g_ptr_array_unref);
	g_clear_pointer(&guests->tests, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Guests, guests_clear)

static GPtrArray *named_kernels(const FlPlan *plan, const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) kernels = g_ptr_array_new();

	for (; *names; names++) {
		const FlPlanKernel *kernel = fl_plan_kernel(plan, *names, error);

		if (!kernel)
			return NULL;
		if (!g_ptr_array_find(kernels, kernel, NULL))
			g_ptr_array_add(kernels, (gpointer)kernel);
	}
	return g_steal_pointer(&kernels);
}

GPtrArray *fl_run_kernels(const FlPlan *plan, const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) kernels = g_ptr_array_new();

	if (names && *names)
		return named_kernels(plan, names, error);
	for (guint i = 0; i < plan->kernels->len; i++) {
		const FlPlanKernel *kernel = g_ptr_array_index(plan->kernels, i);

		if (kernel->is_default)
			g_ptr_array_add(kernels, (gpointer)kernel);
	}
	if (kernels->len == 0) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "%s marks no kernel with \"default = yes\": name one with --kernel",
			    plan->path);
		return NULL;
	}
	return g_steal_pointer(&kernels);
}

static bool select_tests(FlRun *run, GError **error)
{
	const FlRunRequest *request = run->request;
	g_autofree char *path = g_build_filename(run->site->guest_dir, "manifest", NULL);

	run->manifest = fl_manifest_load(path, error);
	if (!run->manifest) {
		g_prefix_error(error, "the guest programs are not built, run make first: ");
		return false;
	}
	for (guint i = 0; i < request->plan->programs->len; i++) {
		const FlProgram *program = g_ptr_array_index(request->plan->programs, i);

		/* The others run only when --test names them. */
		if ((program->is_default || request->tests) &&
		    !fl_manifest_add_program(run->manifest, program, error))
			return false;
	}
	run->selected = fl_manifest_select(
		run->manifest,
		request->tests ? request->tests : (const char *const *)request->plan->tests, error);
	return run->selected != NULL;
}

static bool prepare_machine(FlRun *run, GError **error)
{
	const FlRunRequest *request = run->request;

	run->cpu_counts = request->cpus ? &request->cpus : request->plan->cpu_counts;
	run->n_cpu_counts = request->cpus ? 1 : request->plan->n_cpu_counts;
	run->memory_mib = request->memory_mib ? request->memory_mib : request->plan->memory_mib;
	/* QEMU's pc board has 3 GiB in one piece, and the disks are in it as well. */
	if (request->deterministic && run->memory_mib > DETERMINISTIC_MEMORY_MAX_MIB) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "--deterministic: expected at most %u MiB of memory, found %u",
			    DETERMINISTIC_MEMORY_MAX_MIB, run->memory_mib);
		return false;
	}
	run->accel =
		fl_accel_choose(request->deterministic ? "tcg" : request->accel, run->site->qemu,
				run->site->cache_dir, run->site->cancel, error);
	return run->accel && (!request->trace || fl_plugin_check(run->site->qemu, run->site->plugin,
								 run->site->cancel, error));
}

static bool prepare_kernels(FlRun *run, GError **error)
{
	run->built = g_ptr_array_new_with_free_func((GDestroyNotify)fl_kcache_free);
	run->initramfs = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < run->kernels->len; i++) {
		const FlPlanKernel *kernel = g_ptr_array_index(run->kernels, i);
		FlKernel *built = fl_prepare_kernel(run->site, kernel, &run->request->extra, error);
		g_autofree char *key = NULL;
		char *path;

		if (!built)
			return false;
		g_ptr_array_add(run->built, built);
		if (!fl_prepare_initramfs(run->site, built, run->selected, &path, &key, error))
			return false;
		g_ptr_array_add(run->initramfs, path);
		json_object_set_new(built->inputs, "initramfs", json_string(key));
	}
	return true;
}

static void yields_clear(gpointer data)
{
	FlYields *yields = data;

	g_strfreev(yields->places);
}

static bool prepare_yields(FlRun *run, GError **error)
{
	if (!run->request->yield_depth)
		return true;
	run->yields = g_array_new(FALSE, FALSE, sizeof(FlYields));
	g_array_set_clear_func(run->yields, yields_clear);
	for (guint i = 0; i < run->built->len; i++) {
		FlYields yields = {.depth = run->request->yield_depth, .hits = FL_YIELDS_HITS};

		yields.places = fl_places(run->site, g_ptr_array_index(run->built, i), error);
		if (!yields.places)
			return false;
		g_array_append_val(run->yields, yields);
	}
	return true;
}

static const FlYields *yields_of(const FlRun *run, guint i)
{
	return run->yields ? &g_array_index(run->yields, FlYields, i) : NULL;
}

static bool prepare_disks(FlRun *run, GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *images = fl_site_path(run->site, "images");
	g_auto(GStrv) names = NULL;

	for (guint i = 0; i < run->selected->len; i++) {
		const FlTest *test = g_ptr_array_index(run->selected, i);

		for (char **disk = test->disks; *disk; disk++)
			if (g_hash_table_add(seen, *disk))
				g_strv_builder_add(builder, *disk);
	}
	names = g_strv_builder_end(builder);
	FlDiskSpec spec = {
		.self = run->site->self,
		.images_dir = images,
		.cache_dir = run->site->cache_dir,
		.force_tcg = strcmp(run->accel->name, "kvm") != 0,
		.names = (const char *const *)names,
	};
	run->disks = fl_disk_get(&spec, run->site->cancel, error);
	return run->disks != NULL;
}

/* ---- guests ---- */

/* Why a guest cannot run a test, or NULL; the caller frees. */
static char *why_skipped(const FlRun *run, const FlKernel *kernel, unsigned cpus,
			 const FlTest *test)
{
	if (test->cpus > cpus)
		return g_strdup_printf("needs %u vCPUs, this guest has %u", test->cpus, cpus);
	if (test->memory_mib > run->memory_mib)
		return g_strdup_printf("needs %u MiB of memory, this guest has %u",
				       test->memory_mib, run->memory_mib);
	for (char **option = test->config; kernel->config && *option; option++)
		if (!fl_kcache_has_option(kernel->config, *option))
			return g_strdup_printf("needs %s, which this kernel is not built with",
					       *option);
	if (*test->modules && !kernel->modules)
		return g_strdup_printf(
			"needs the module %s, which is only built with a kernel of our own",
			test->modules[0]);
	return NULL;
}

/* The tests that a guest runs; those that it cannot are noted in its record with the reason. */
static GPtrArray *applicable(const FlRun *run, const FlKernel *kernel, FlGuestRecord *guest)
{
	GPtrArray *tests = g_ptr_array_new();

	for (guint i = 0; i < run->selected->len; i++) {
		FlTest *test = g_ptr_array_index(run->selected, i);
		g_autofree char *why = why_skipped(run, kernel, guest->cpus, test);

		if (why)
			fl_record_skip(guest, test->name, why);
		else
			g_ptr_array_add(tests, test);
	}
	return tests;
}

/* How the programs were called; what they are is in the key of the initramfs. */
static json_t *program_inputs(const FlRun *run)
{
	json_t *programs = json_object();

	for (guint i = 0; i < run->selected->len; i++) {
		const FlTest *test = g_ptr_array_index(run->selected, i);
		g_autofree char *command =
			test->program ? g_strjoinv(" ", test->program->command) : NULL;

		if (command)
			json_object_set_new(programs, test->name, fl_json_string(command));
	}
	return programs;
}

static json_t *yields_inputs(const FlYields *yields)
{
	return json_pack("{s:s, s:i, s:i, s:o}", "strategy", "points", "depth", (int)yields->depth,
			 "hits", (int)yields->hits, "places", fl_json_strings(yields->places));
}

/* What the machine is made of, whatever it is told to do. */
static json_t *machine_inputs(const FlRun *run, const FlKernel *kernel)
{
	json_t *disks = json_object();
	json_t *images = json_array();
	json_t *limits = json_object();

	for (guint i = 0; i < run->disks->len; i++) {
		const FlDisk *disk = g_ptr_array_index(run->disks, i);

		json_object_set_new(disks, disk->name, json_string(disk->key));
		json_array_append_new(images, json_pack("{s:s, s:s}", "name", disk->name, "sha256",
							disk->sha256));
		if (disk->iops || disk->bps)
			json_object_set_new(limits, disk->name,
					    json_pack("{s:I, s:I}", "iops", (json_int_t)disk->iops,
						      "bps", (json_int_t)disk->bps));
	}
	return json_pack("{s:O, s:s, s:s, s:o, s:o, s:o, s:s}", "kernel", kernel->inputs,
			 "kernel_key", kernel->key, "bzimage_sha256", kernel->bzimage_sha256,
			 "disks", disks, "disk_images", images, "disk_limits", limits, "qemu",
			 run->accel->qemu_version);
}

static json_t *guest_inputs(const FlRun *run, const FlKernel *kernel, const FlGuestRecord *guest)
{
	json_t *inputs = machine_inputs(run, kernel);
	json_t *tests = json_array();

	for (char **test = guest->tests; *test; test++)
		json_array_append_new(tests, json_string(*test));
	json_object_set_new(inputs, "tests", tests);
	json_object_set_new(inputs, "programs", program_inputs(run));
	json_object_set_new(inputs, "accel", json_string(guest->accel));
	json_object_set_new(inputs, "cpus", json_integer(guest->cpus));
	json_object_set_new(inputs, "memory_mib", json_integer(guest->memory_mib));
	json_object_set_new(inputs, "deterministic", json_boolean(guest->deterministic));
	json_object_set_new(inputs, "effort", json_integer(run->request->plan->effort));
	json_object_set_new(inputs, "time_scale_milli", json_integer(guest->time_scale_milli));
	json_object_set_new(inputs, "seed", json_integer((json_int_t)guest->seed));
	json_object_set_new(inputs, "nonce", json_string(guest->nonce));
	if (guest->snapshot)
		json_object_set_new(inputs, "snapshot",
				    json_pack("{s:s, s:s}", "key", guest->snapshot, "sha256",
					      guest->snapshot_sha256));
	return inputs;
}

static char **test_names(const GPtrArray *tests)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < tests->len; i++)
		g_strv_builder_add(builder, ((FlTest *)g_ptr_array_index(tests, i))->name);
	return g_strv_builder_end(builder);
}

static FlLimits limits_of(const FlRun *run, const FlKernel *kernel, unsigned cpus)
{
	return (FlLimits){
		.timeout_scale = run->request->timeout_scale,
		.slowness_milli = fl_prepare_slowness_milli(kernel),
		.speed_milli = run->accel->speed_milli,
		.cpus = cpus,
		.jobs = run->request->jobs,
		.deterministic = run->request->deterministic,
		.cores = g_get_num_processors(),
		.load = fl_limits_load(),
	};
}

static FlGuestRecord *describe_guest(const FlRun *run, const FlKernel *kernel, const char *name,
				     unsigned cpus, uint64_t seed, unsigned repeat)
{
	FlGuestRecord *guest = fl_record_guest_new(name, repeat);
	g_autofree char *label = g_strdup_printf("%s-%ucpu", guest->label, cpus);
	FlLimits limits = limits_of(run, kernel, cpus);

	if (run->n_cpu_counts > 1) {
		g_free(guest->label);
		guest->label = g_steal_pointer(&label);
	}

	guest->release = g_strdup(kernel->release);
	guest->key = g_strdup(kernel->key);
	guest->bzimage_sha256 = g_strdup(kernel->bzimage_sha256);
	guest->vmlinux = g_strdup(kernel->vmlinux);
	guest->config = g_strdup(kernel->config);
	guest->modules = g_strdup(kernel->modules);
	guest->cpus = cpus;
	guest->memory_mib = run->memory_mib;
	guest->accel = g_strdup(run->accel->name);
	guest->accel_reason = g_strdup(run->accel->reason);
	guest->deterministic = run->request->deterministic;
	guest->seed = seed + repeat - 1;
	/* Not of the label: the tenth boot of a run has the bytes of a run with its seed alone. */
	guest->nonce = fl_orders_nonce(kernel->key, name, guest->seed);
	guest->time_scale_milli = fl_limits_guest_milli(&limits);
	guest->limit_scale_milli = fl_limits_host_milli(&limits);
	return guest;
}

/* What a run keeps of a trace: another run of the same is compared with it. */
static const FlTrialTrace checkpoints;

/* One guest: its record, its tests and inputs.json, joined to what a trial needs. Takes both over. */
static void add_setup(Guests *guests, guint i, FlGuestRecord *guest, GPtrArray *tests,
		      const FlSnapshot *snapshot)
{
	const FlRun *run = guests->run;
	const FlKernel *kernel = g_ptr_array_index(run->built, i);
	FlTrialSetup setup = {
		.site = run->site,
		.rundir = guests->rundir,
		.guest = guest,
		.bzimage = kernel->bzimage,
		.initramfs = g_ptr_array_index(run->initramfs, i),
		.snapshot = snapshot,
		.tests = tests,
		.disks = run->disks,
		.effort = run->request->plan->effort,
		.trace = run->request->trace ? &checkpoints : NULL,
		.yields = yields_of(run, i),
		.events = run->request->events,
	};
	json_t *inputs;

	guest->tests = test_names(tests);
	inputs = guest_inputs(run, kernel, guest);
	if (setup.yields)
		json_object_set_new(inputs, "yields", yields_inputs(setup.yields));
	setup.inputs = inputs;
	g_ptr_array_add(guests->record->guests, guest);
	g_ptr_array_add(guests->inputs, inputs);
	g_ptr_array_add(guests->tests, tests);
	g_array_append_val(guests->setups, setup);
}

static void go_on_from(FlGuestRecord *guest, const FlSnapshot *snapshot)
{
	guest->snapshot = g_strdup(snapshot->key);
	guest->snapshot_sha256 = g_strdup(snapshot->sha256);
}

/* Its folder, and a nonce of its own, are the test's. */
static void isolate(FlGuestRecord *guest, const char *test)
{
	g_autofree char *label = g_strdup_printf("%s+%s", guest->label, test);
	g_autofree char *stream = g_strdup_printf("%s %s", guest->name, test);

	g_free(guest->label);
	g_free(guest->nonce);
	guest->label = g_strdelimit(g_steal_pointer(&label), "/", '_');
	guest->nonce = fl_orders_nonce(guest->key, stream, guest->seed);
}

/* The boot that guests of that kernel on that many vCPUs go on from; NULL: they boot. */
static const FlSnapshot *snapshot_of(const FlRun *run, guint i, unsigned n)
{
	return run->snapshots ? run->snapshots->pdata[i * run->n_cpu_counts + n] : NULL;
}

/* All tests in one guest; isolated, each in its own, and the first has those that do not apply. */
static void add_guests(Guests *guests, guint i, unsigned n, uint64_t seed, unsigned repeat)
{
	const FlRun *run = guests->run;
	const FlPlanKernel *plan = g_ptr_array_index(run->kernels, i);
	const FlKernel *kernel = g_ptr_array_index(run->built, i);
	unsigned cpus = run->cpu_counts[n];
	FlGuestRecord *guest = describe_guest(run, kernel, plan->name, cpus, seed, repeat);
	g_autoptr(GPtrArray) tests = applicable(run, kernel, guest);
	const FlSnapshot *snapshot = tests->len ? snapshot_of(run, i, n) : NULL;

	if (snapshot)
		go_on_from(guest, snapshot);
	if (!snapshot || !run->request->isolate) {
		add_setup(guests, i, guest, g_ptr_array_ref(tests), snapshot);
		return;
	}
	for (guint t = 0; t < tests->len; t++) {
		FlTest *test = g_ptr_array_index(tests, t);
		GPtrArray *one = g_ptr_array_new();

		if (t) {
			guest = describe_guest(run, kernel, plan->name, cpus, seed, repeat);
			go_on_from(guest, snapshot);
		}
		g_ptr_array_add(one, test);
		isolate(guest, test->name);
		add_setup(guests, i, guest, one, snapshot);
	}
}

static void make_guests(Guests *guests, uint64_t seed, unsigned n_repeats)
{
	const FlRun *run = guests->run;

	guests->setups = g_array_new(FALSE, TRUE, sizeof(FlTrialSetup));
	guests->inputs = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	guests->tests = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	for (unsigned repeat = 1; repeat <= n_repeats; repeat++)
		for (guint i = 0; i < run->built->len; i++)
			for (unsigned n = 0; n < run->n_cpu_counts; n++)
				add_guests(guests, i, n, seed, repeat);
}

/* ---- boots to go on from ---- */

static bool add_snapshot(FlRun *run, guint i, unsigned n, GError **error)
{
	const FlPlanKernel *plan = g_ptr_array_index(run->kernels, i);
	const FlKernel *kernel = g_ptr_array_index(run->built, i);
	g_autoptr(FlGuestRecord) guest =
		describe_guest(run, kernel, plan->name, run->cpu_counts[n], 1, 1);
	g_autoptr(json_t) inputs = machine_inputs(run, kernel);
	g_autofree FlVmDisk *disks = fl_prepare_vm_disks(run->disks);
	g_autofree char *why = NULL;
	FlVmSpec machine = fl_machine(run->site, guest, disks, run->disks->len);
	FlSnapshotSpec spec = {
		.site = run->site,
		.machine = &machine,
		.initramfs = g_ptr_array_index(run->initramfs, i),
		.name = plan->name,
		.inputs = inputs,
	};
	FlSnapshot *snapshot;

	machine.bzimage = kernel->bzimage;
	if (!fl_snapshot_get(&spec, &snapshot, &why, error)) {
		g_prefix_error(error, "%s: ", plan->name);
		return false;
	}
	if (why)
		fl_log_warning(
			"%s: nothing can go on from its boot, so all its guests boot, for all "
			"their tests: %s",
			plan->name, why);
	g_ptr_array_add(run->snapshots, snapshot);
	return true;
}

static bool prepare_snapshots(FlRun *run, GError **error)
{
	if (!run->request->restore)
		return true;
	run->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)fl_snapshot_free);
	for (guint i = 0; i < run->built->len; i++)
		for (unsigned n = 0; n < run->n_cpu_counts; n++)
			if (!add_snapshot(run, i, n, error))
				return false;
	return true;
}

static bool select_kernels(FlRun *run, GError **error)
{
	run->kernels = fl_run_kernels(run->request->plan, run->request->kernels, error);
	return run->kernels != NULL;
}

/* An exception that has expired is told now, and not after the kernels were built. */
static bool check_splat_rules(const FlRun *run, GError **error)
{
	g_autofree char *dir = fl_site_path(run->site, "configs/splats");
	g_autoptr(FlRules) rules = fl_rules_load(dir, run->site->today, error);

	return rules != NULL;
}

static bool prepare(FlRun *run, GError **error)
{
	return fl_fs_mkdir(run->site->cache_dir, error) && select_kernels(run, error) &&
	       select_tests(run, error) && check_splat_rules(run, error) &&
	       prepare_machine(run, error) && prepare_kernels(run, error) &&
	       prepare_yields(run, error) && prepare_disks(run, error) &&
	       prepare_snapshots(run, error);
}

FlRun *fl_run_prepare(const FlSite *site, const FlRunRequest *request, GError **error)
{
	g_autoptr(FlRun) run = g_new0(FlRun, 1);

	run->site = site;
	run->request = request;
	return prepare(run, error) ? g_steal_pointer(&run) : NULL;
}

char *fl_run_key(FlRun *run)
{
	g_autoptr(FlRunRecord) record = fl_record_new("");
	g_auto(Guests) guests = {.run = run, .record = record};
	g_autoptr(json_t) all = json_array();

	make_guests(&guests, 0, 1);
	for (guint i = 0; i < guests.inputs->len; i++) {
		json_t *inputs = g_ptr_array_index(guests.inputs, i);

		json_object_del(inputs, "seed");
		json_object_del(inputs, "nonce");
		json_array_append(all, inputs);
	}
	return fl_hash_json(all);
}

bool fl_run_boot(FlRun *run, uint64_t seed, unsigned repeat, FlRunRecord **ret_record,
		 char **ret_evidence, GError **error)
{
	const FlRunRequest *request = run->request;
	g_autoptr(FlRundir) rundir = fl_rundir_new(request->out, request->stamp, error);
	g_auto(Guests) guests = {.run = run, .rundir = rundir};
	bool ok;

	if (!rundir)
		return false;
	guests.record = fl_record_new(rundir->id);
	g_free(guests.record->command);
	guests.record->command = g_strdup(request->command);
	make_guests(&guests, seed, repeat);
	FlTrials trials = {
		.rundir = rundir,
		.record = guests.record,
		.setups = (const FlTrialSetup *)(gpointer)guests.setups->data,
		.n = guests.setups->len,
		.jobs = request->jobs,
		.fail_fast = request->fail_fast,
		.out = request->out,
		.cancel = run->site->cancel,
		.on_ready = request->on_ready,
		.data = request->events.data,
	};
	ok = fl_trials_run(&trials, error);
	*ret_record = guests.record;
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
