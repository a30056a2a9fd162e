// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs what: all tests in one guest, or isolated, each in its own. The same parts and seed give
 * the same guests, but for the limits, which follow the load of the host.
 */
#include "flow/guests.h"

#include "flow/inputs.h"
#include "flow/limits.h"
#include "plan/orders.h"

void fl_guests_clear(FlGuests *guests)
{
	g_clear_pointer(&guests->setups, g_array_unref);
	g_clear_pointer(&guests->inputs, g_ptr_array_unref);
	g_clear_pointer(&guests->tests, g_ptr_array_unref);
}

/* ---- which tests ---- */

/* Why a guest cannot run a test, or NULL; the caller frees. */
static char *why_skipped(const FlKernel *kernel, const FlGuestRecord *guest, const FlTest *test)
{
	if (test->cpus > guest->cpus)
		return g_strdup_printf("needs %u vCPUs, this guest has %u", test->cpus,
				       guest->cpus);
	if (test->memory_mib > guest->memory_mib)
		return g_strdup_printf("needs %u MiB of memory, this guest has %u",
				       test->memory_mib, guest->memory_mib);
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
static GPtrArray *applicable(const FlParts *parts, const FlKernel *kernel, FlGuestRecord *guest)
{
	GPtrArray *tests = g_ptr_array_new();

	for (guint i = 0; i < parts->tests->len; i++) {
		FlTest *test = g_ptr_array_index(parts->tests, i);
		g_autofree char *why = why_skipped(kernel, guest, test);

		if (why)
			fl_record_skip(guest, test->name, why);
		else
			g_ptr_array_add(tests, test);
	}
	return tests;
}

static char **names_of(const GPtrArray *tests)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < tests->len; i++)
		g_strv_builder_add(builder, ((FlTest *)g_ptr_array_index(tests, i))->name);
	return g_strv_builder_end(builder);
}

/* ---- its record ---- */

static FlLimits limits_of(const FlParts *parts, const FlKernel *kernel, unsigned cpus)
{
	return (FlLimits){
		.timeout_scale = parts->request->timeout_scale,
		.slowness_milli = fl_prepare_slowness_milli(kernel),
		.speed_milli = parts->accel->speed_milli,
		.cpus = cpus,
		.jobs = parts->request->jobs,
		.deterministic = parts->request->deterministic,
		.cores = g_get_num_processors(),
		.load = fl_limits_load(),
	};
}

static void describe_kernel(FlGuestRecord *guest, const FlKernel *kernel)
{
	guest->release = g_strdup(kernel->release);
	guest->key = g_strdup(kernel->key);
	guest->bzimage_sha256 = g_strdup(kernel->bzimage_sha256);
	guest->vmlinux = g_strdup(kernel->vmlinux);
	guest->config = g_strdup(kernel->config);
	guest->modules = g_strdup(kernel->modules);
}

FlGuestRecord *fl_guests_describe(const FlParts *parts, const FlPartsKernel *kernel, unsigned cpus,
				  uint64_t seed, unsigned repeat)
{
	const char *name = kernel->plan->name;
	FlGuestRecord *guest = fl_record_guest_new(name, repeat);
	g_autofree char *label = g_strdup_printf("%s-%ucpu", guest->label, cpus);
	FlLimits limits = limits_of(parts, kernel->built, cpus);

	if (parts->n_cpu_counts > 1) {
		g_free(guest->label);
		guest->label = g_steal_pointer(&label);
	}

	describe_kernel(guest, kernel->built);
	guest->cpus = cpus;
	guest->memory_mib = parts->memory_mib;
	guest->accel = g_strdup(parts->accel->name);
	guest->accel_reason = g_strdup(parts->accel->reason);
	guest->deterministic = parts->request->deterministic;
	guest->pause_yields = parts->accel->pause_yields && !guest->deterministic;
	guest->seed = seed + repeat - 1;
	/* Not of the label: the tenth boot of a run has the bytes of a run with its seed alone. */
	guest->nonce = fl_orders_nonce(kernel->built->key, name, guest->seed);
	guest->time_scale_milli = fl_limits_guest_milli(&limits);
	guest->limit_scale_milli = fl_limits_host_milli(&limits);
	return guest;
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

/* ---- guests ---- */

/* What a run keeps of a trace: another run of the same is compared with it. */
static const FlTrialTrace checkpoints;

/* One guest: its record, its tests and inputs.json, joined to what a trial needs. Takes both over. */
static void add_setup(const FlGuestsSpec *spec, FlGuests *guests, const FlPartsKernel *kernel,
		      FlGuestRecord *guest, GPtrArray *tests, const FlSnapshot *snapshot)
{
	const FlParts *parts = spec->parts;
	FlTrialSetup setup = {
		.site = parts->site,
		.rundir = spec->rundir,
		.guest = guest,
		.bzimage = kernel->built->bzimage,
		.initramfs = kernel->initramfs,
		.snapshot = snapshot,
		.tests = tests,
		.disks = parts->disks,
		.effort = parts->request->plan->effort,
		.trace = parts->request->trace ? &checkpoints : NULL,
		.yields = kernel->yields.places ? &kernel->yields : NULL,
		.events = parts->request->events,
	};
	json_t *inputs;

	guest->tests = names_of(tests);
	inputs = fl_inputs_guest(parts, kernel, guest);
	setup.inputs = inputs;
	g_ptr_array_add(spec->record->guests, guest);
	g_ptr_array_add(guests->inputs, inputs);
	g_ptr_array_add(guests->tests, tests);
	g_array_append_val(guests->setups, setup);
}

/* The boot that guests of that kernel on that many vCPUs go on from; NULL: they boot. */
static const FlSnapshot *snapshot_of(const FlGuestsSpec *spec, guint i, unsigned n)
{
	return spec->snapshots ? spec->snapshots->pdata[i * spec->parts->n_cpu_counts + n] : NULL;
}

/* All tests in one guest; isolated, each in its own, and the first has those that do not apply. */
static void add_guests(const FlGuestsSpec *spec, FlGuests *guests, guint i, unsigned n,
		       uint64_t seed, unsigned repeat)
{
	const FlParts *parts = spec->parts;
	const FlPartsKernel *kernel = g_ptr_array_index(parts->kernels, i);
	unsigned cpus = parts->cpu_counts[n];
	FlGuestRecord *guest = fl_guests_describe(parts, kernel, cpus, seed, repeat);
	g_autoptr(GPtrArray) tests = applicable(parts, kernel->built, guest);
	const FlSnapshot *snapshot = tests->len ? snapshot_of(spec, i, n) : NULL;

	if (snapshot)
		go_on_from(guest, snapshot);
	if (!snapshot || !parts->request->isolate) {
		add_setup(spec, guests, kernel, guest, g_ptr_array_ref(tests), snapshot);
		return;
	}
	for (guint t = 0; t < tests->len; t++) {
		FlTest *test = g_ptr_array_index(tests, t);
		GPtrArray *one = g_ptr_array_new();

		if (t) {
			guest = fl_guests_describe(parts, kernel, cpus, seed, repeat);
			go_on_from(guest, snapshot);
		}
		g_ptr_array_add(one, test);
		isolate(guest, test->name);
		add_setup(spec, guests, kernel, guest, one, snapshot);
	}
}

void fl_guests_make(const FlGuestsSpec *spec, uint64_t seed, unsigned n_repeats,
		    FlGuests *ret_guests)
{
	const FlParts *parts = spec->parts;

	ret_guests->setups = g_array_new(FALSE, TRUE, sizeof(FlTrialSetup));
	ret_guests->inputs = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	ret_guests->tests = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	for (unsigned repeat = 1; repeat <= n_repeats; repeat++)
		for (guint i = 0; i < parts->kernels->len; i++)
			for (unsigned n = 0; n < parts->n_cpu_counts; n++)
				add_guests(spec, ret_guests, i, n, seed, repeat);
}
