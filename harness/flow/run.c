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
#include "flow/evidence.h"
#include "flow/pool.h"
#include "image/disk.h"
#include "judge/rules.h"
#include "plan/manifest.h"
#include "plan/orders.h"
#include "report/result.h"
#include "store/store.h"

#include <string.h>

#define DETERMINISTIC_MEMORY_MAX_MIB 2048u

/* What a run gathers on its way; freed as one. */
typedef struct {
	const FlSite *site;
	const FlRunRequest *request;
	FlAccel *accel;
	GPtrArray *manifest;	    /* of FlTest: all there are */
	GPtrArray *selected;	    /* of FlTest, borrowed */
	GPtrArray *kernels;	    /* of FlPlanKernel, borrowed */
	GPtrArray *built;	    /* of FlKernel, one for each of kernels */
	GPtrArray *initramfs;	    /* of char *, likewise */
	GPtrArray *inputs;	    /* of json_t, one for each guest */
	GPtrArray *tests;	    /* of GPtrArray of FlTest: those that each guest runs */
	GPtrArray *disks;	    /* of FlDisk */
	const unsigned *cpu_counts; /* each kernel runs with each of them */
	unsigned n_cpu_counts, memory_mib;
	uint64_t seed;
} Run;

static void run_clear(Run *run)
{
	fl_accel_free(run->accel);
	g_clear_pointer(&run->manifest, g_ptr_array_unref);
	g_clear_pointer(&run->selected, g_ptr_array_unref);
	g_clear_pointer(&run->kernels, g_ptr_array_unref);
	g_clear_pointer(&run->built, g_ptr_array_unref);
	g_clear_pointer(&run->initramfs, g_ptr_array_unref);
	g_clear_pointer(&run->inputs, g_ptr_array_unref);
	g_clear_pointer(&run->tests, g_ptr_array_unref);
	g_clear_pointer(&run->disks, g_ptr_array_unref);
}

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

static bool select_tests(Run *run, GError **error)
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

static bool prepare_machine(Run *run, GError **error)
{
	const FlRunRequest *request = run->request;

	run->cpu_counts = request->cpus ? &request->cpus : request->plan->cpu_counts;
	run->n_cpu_counts = request->cpus ? 1 : request->plan->n_cpu_counts;
	run->memory_mib = request->memory_mib ? request->memory_mib : request->plan->memory_mib;
	run->seed = request->has_seed ? request->seed : request->plan->seed;
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
	return run->accel != NULL;
}

static bool prepare_kernels(Run *run, GError **error)
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

static bool prepare_disks(Run *run, GError **error)
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

/* Why a guest cannot run a test, or NULL; the caller frees. */
static char *why_skipped(const Run *run, const FlKernel *kernel, unsigned cpus, const FlTest *test)
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
static GPtrArray *applicable(const Run *run, const FlKernel *kernel, FlGuestRecord *guest)
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
static json_t *program_inputs(const Run *run)
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

static json_t *guest_inputs(const Run *run, const FlKernel *kernel, const FlGuestRecord *guest)
{
	json_t *inputs = json_object();
	json_t *disks = json_object();
	json_t *limits = json_object();
	json_t *tests = json_array();

	for (guint i = 0; i < run->disks->len; i++) {
		const FlDisk *disk = g_ptr_array_index(run->disks, i);

		json_object_set_new(disks, disk->name, json_string(disk->key));
		if (disk->iops || disk->bps)
			json_object_set_new(limits, disk->name,
					    json_pack("{s:I, s:I}", "iops", (json_int_t)disk->iops,
						      "bps", (json_int_t)disk->bps));
	}
	for (char **test = guest->tests; *test; test++)
		json_array_append_new(tests, json_string(*test));
	json_object_set(inputs, "kernel", kernel->inputs);
	json_object_set_new(inputs, "kernel_key", json_string(kernel->key));
	json_object_set_new(inputs, "bzimage_sha256", json_string(kernel->bzimage_sha256));
	json_object_set_new(inputs, "disks", disks);
	json_object_set_new(inputs, "disk_limits", limits);
	json_object_set_new(inputs, "tests", tests);
	json_object_set_new(inputs, "programs", program_inputs(run));
	json_object_set_new(inputs, "qemu", json_string(run->accel->qemu_version));
	json_object_set_new(inputs, "accel", json_string(guest->accel));
	json_object_set_new(inputs, "cpus", json_integer(guest->cpus));
	json_object_set_new(inputs, "memory_mib", json_integer(guest->memory_mib));
	json_object_set_new(inputs, "deterministic", json_boolean(guest->deterministic));
	json_object_set_new(inputs, "effort", json_integer(run->request->plan->effort));
	json_object_set_new(inputs, "seed", json_integer((json_int_t)guest->seed));
	json_object_set_new(inputs, "nonce", json_string(guest->nonce));
	return inputs;
}

static char **test_names(const GPtrArray *tests)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < tests->len; i++)
		g_strv_builder_add(builder, ((FlTest *)g_ptr_array_index(tests, i))->name);
	return g_strv_builder_end(builder);
}

static FlGuestRecord *describe_guest(const Run *run, const FlKernel *kernel, const char *name,
				     unsigned cpus, unsigned repeat)
{
	FlGuestRecord *guest = fl_record_guest_new(name, repeat);
	g_autofree char *label = g_strdup_printf("%s-%ucpu", guest->label, cpus);

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
	guest->seed = run->seed + repeat - 1;
	guest->nonce = fl_orders_nonce(kernel->key, guest->label, guest->seed);
	return guest;
}

/* More vCPUs than the host has cores wait for each other. */
static unsigned time_scale_milli(const Run *run, const FlKernel *kernel, unsigned cpus)
{
	/*
	 * A loop that ran fast once says little of a host that is busy later, and a limit that is too
	 * long only delays the verdict on a hang: the speed stretches limits and never shortens them.
	 */
	double scale = run->request->timeout_scale * MAX(1000u, run->accel->speed_milli);
	unsigned cores = g_get_num_processors();

	scale *= fl_prepare_slowness_milli(kernel) / 1000.0;
	/* All vCPUs share one thread, and idle time is executed. */
	if (run->request->deterministic)
		scale *= cpus;
	scale *= MAX(1.0, (double)cpus * run->request->jobs / (2.0 * cores));
	return (unsigned)CLAMP(scale, 10.0, 1000000.0);
}

/* One guest: its record, its tests and inputs.json, joined to what a trial needs. */
static void add_setup(Run *run, const FlRundir *rundir, FlRunRecord *record, guint i, unsigned cpus,
		      unsigned repeat, GArray *setups)
{
	const FlPlanKernel *plan = g_ptr_array_index(run->kernels, i);
	const FlKernel *kernel = g_ptr_array_index(run->built, i);
	FlGuestRecord *guest = describe_guest(run, kernel, plan->name, cpus, repeat);
	GPtrArray *tests = applicable(run, kernel, guest);
	FlTrialSetup setup = {
		.site = run->site,
		.rundir = rundir,
		.guest = guest,
		.bzimage = kernel->bzimage,
		.initramfs = g_ptr_array_index(run->initramfs, i),
		.tests = tests,
		.disks = run->disks,
		.time_scale_milli = time_scale_milli(run, kernel, cpus),
		.effort = run->request->plan->effort,
		.events = run->request->events,
	};
	json_t *inputs;

	guest->tests = test_names(tests);
	inputs = guest_inputs(run, kernel, guest);
	setup.inputs = inputs;
	g_ptr_array_add(record->guests, guest);
	g_ptr_array_add(run->inputs, inputs);
	g_ptr_array_add(run->tests, tests);
	g_array_append_val(setups, setup);
}

static GArray *make_setups(Run *run, const FlRundir *rundir, FlRunRecord *record)
{
	GArray *setups = g_array_new(FALSE, TRUE, sizeof(FlTrialSetup));

	run->inputs = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	run->tests = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	for (unsigned repeat = 1; repeat <= run->request->repeat; repeat++)
		for (guint i = 0; i < run->built->len; i++)
			for (unsigned n = 0; n < run->n_cpu_counts; n++)
				add_setup(run, rundir, record, i, run->cpu_counts[n], repeat,
					  setups);
	return setups;
}

/* What went wrong with the harness is the run's reason; the guests that ended keep their verdicts. */
static void note_trouble(FlRunRecord *record, const GError *trouble)
{
	g_free(record->reason);
	record->reason = g_strdup(trouble->message);
}

/* The evidence folder is the truth: a history that cannot be written changes no verdict. */
static void remember(const FlRunRecord *record, const char *out)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlStore) store = fl_store_open(out, &error);
	g_autoptr(json_t) result = fl_result_run(record);

	if (!store || !fl_store_add(store, result, &error))
		fl_log_warning("this run is not in the history: %s", error->message);
}

static bool run_guests(Run *run, const FlRundir *rundir, FlRunRecord *record, GError **error)
{
	const FlRunRequest *request = run->request;
	g_autoptr(GArray) setups = make_setups(run, rundir, record);
	g_autoptr(GError) trouble = NULL;

	/* From here on a run that dies leaves a folder that says so. */
	if (!fl_evidence_save_run(record, rundir, error))
		return false;
	if (request->on_ready)
		request->on_ready(record, request->events.data);
	if (fl_pool_run((const FlTrialSetup *)(gpointer)setups->data, setups->len, request->jobs,
			request->fail_fast, run->site->cancel, &trouble))
		fl_record_conclude(record);
	else
		note_trouble(record, trouble);
	/* The first trouble is the one to tell: a full disk fails here as well. */
	if (!fl_evidence_save_run(record, rundir, trouble ? NULL : &trouble))
		g_debug("result.json could not be written");
	remember(record, request->out);
	if (!trouble)
		return true;
	g_propagate_error(error, g_steal_pointer(&trouble));
	return false;
}

static bool select_kernels(Run *run, GError **error)
{
	run->kernels = fl_run_kernels(run->request->plan, run->request->kernels, error);
	return run->kernels != NULL;
}

/* An exception that has expired is told now, and not after the kernels were built. */
static bool check_splat_rules(const Run *run, GError **error)
{
	g_autofree char *dir = fl_site_path(run->site, "configs/splats");
	g_autoptr(FlRules) rules = fl_rules_load(dir, run->site->today, error);

	return rules != NULL;
}

static bool prepare(Run *run, GError **error)
{
	return fl_fs_mkdir(run->site->cache_dir, error) && select_kernels(run, error) &&
	       select_tests(run, error) && check_splat_rules(run, error) &&
	       prepare_machine(run, error) && prepare_kernels(run, error) &&
	       prepare_disks(run, error);
}

bool fl_run(const FlSite *site, const FlRunRequest *request, FlRunRecord **ret_record,
	    char **ret_evidence, GError **error)
{
	Run run = {.site = site, .request = request};
	g_autoptr(FlRundir) rundir = NULL;
	FlRunRecord *record;
	bool ok;

	if (!prepare(&run, error) ||
	    !(rundir = fl_rundir_new(request->out, request->stamp, error))) {
		run_clear(&run);
		return false;
	}
	record = fl_record_new(rundir->id);
	g_free(record->command);
	record->command = g_strdup(request->command);
	ok = run_guests(&run, rundir, record, error);
	run_clear(&run);
	*ret_record = record;
	*ret_evidence = g_strdup(rundir->path);
	return ok;
}
