// SPDX-License-Identifier: GPL-2.0-only
/*
 * One trial, from a kernel and an initramfs to a judged guest in the evidence folder. Hands the
 * bytes of the ports to the judge and asks it when to stop; decides nothing itself.
 */
#include "flow/trial_run.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "flow/dissect.h"
#include "flow/evidence.h"
#include "flow/machine.h"
#include "flow/prepare.h"
#include "flow/quote.h"
#include "image/initramfs.h"
#include "judge/autopsy.h"
#include "judge/judge.h"
#include "judge/symbolize.h"
#include "judge/trace.h"
#include "plan/manifest.h"
#include "plan/orders.h"
#include "vm/tsc.h"
#include "vm/vm.h"

#include <string.h>

/* Of a guest that has said all, to its own last act; at time scale 1.0. */
#define OWN_END_US (10 * G_USEC_PER_SEC)

struct FlTrial {
	FlTrialSetup setup;
	FlTrialDoneFn on_done;
	gpointer data;
	char *dir; /* the guest's folder */
	FlJudge *judge;
	FlVm *vm;
	unsigned n_told; /* results already told to events.on_test */
	char *running;	 /* last test told to events.on_running */
	json_t *autopsy; /* of a guest that hung, or NULL */
	GError *error;
};

static char *file_in(const FlTrial *trial, const char *name)
{
	return g_build_filename(trial->dir, name, NULL);
}

static void tell_progress(FlTrial *trial)
{
	const FlTrialEvents *events = &trial->setup.events;
	const char *running = fl_judge_running(trial->judge);

	while (trial->n_told < fl_judge_n_results(trial->judge)) {
		const FlTestResult *test = fl_judge_result(trial->judge, trial->n_told++);

		if (events->on_test)
			events->on_test(trial->setup.guest, test, events->data);
	}
	if (g_strcmp0(running, trial->running) == 0)
		return;
	g_free(trial->running);
	trial->running = g_strdup(running);
	if (running && events->on_running)
		events->on_running(trial->setup.guest, running, events->data);
}

static void on_limit(FlEnding kind, gpointer data)
{
	FlTrial *trial = data;
	const char *why = kind == FL_ENDING_NO_BOOT   ? "the kernel did not come up in time"
			  : kind == FL_ENDING_SILENCE ? "the guest fell silent"
						      : "the guest did not end in time";

	/* What was found when a task did not come back is the cause of what follows. */
	if (!trial->autopsy)
		trial->autopsy = fl_dissect(trial->vm, trial->setup.guest, trial->dir, why, false);
}

/* A guest that is still able to tell of a stuck task is looked at before it ends itself. */
static void look_at_stuck(FlTrial *trial)
{
	if (!trial->autopsy && fl_judge_is_stuck(trial->judge))
		trial->autopsy = fl_dissect(trial->vm, trial->setup.guest, trial->dir,
					    "a task did not come back", true);
}

/* How long a guest that has said all may take to its own last act: what it does then repeats too. */
static uint64_t own_end_us(const FlTrial *trial)
{
	const FlGuestRecord *guest = trial->setup.guest;

	return guest->deterministic ? OWN_END_US * guest->limit_scale_milli / 1000 : 0;
}

static void on_bytes(FlVmPort port, const char *bytes, size_t len, uint64_t t_us, gpointer data)
{
	FlTrial *trial = data;
	uint64_t grace_us;

	(void)t_us;
	if (port == FL_VM_CONSOLE)
		fl_judge_console(trial->judge, bytes, len);
	else
		fl_judge_wire(trial->judge, bytes, len);
	tell_progress(trial);
	/* Before fl_vm_start has returned there is nothing to stop yet; more bytes will come. */
	if (trial->vm)
		look_at_stuck(trial);
	if (trial->vm && trial->setup.until && port == FL_VM_CONSOLE &&
	    fl_until_feed(trial->setup.until, bytes, len))
		fl_vm_stop(trial->vm, FL_ENDING_CANCELLED, 0);
	if (trial->vm && fl_judge_wants_stop(trial->judge, &grace_us))
		fl_vm_stop(trial->vm, FL_ENDING_STOPPED, MAX(grace_us, own_end_us(trial)));
}

static void symbolize(const FlTrial *trial)
{
	FlGuestRecord *guest = trial->setup.guest;
	g_autoptr(GError) error = NULL;

	/* Without symbols the frames stay as the kernel printed them: less handy, not wrong. */
	if (guest->vmlinux && guest->verdict->splats->len &&
	    !fl_symbolize(guest->verdict, guest->vmlinux, guest->modules, &error))
		g_debug("symbols: %s", error->message);
	fl_quote(guest, trial->setup.site->cache_dir);
}

/* A guest that came to its own end has a trace to its last block. */
static bool hash_trace(FlTrial *trial, GError **error)
{
	FlGuestRecord *guest = trial->setup.guest;
	g_autofree char *path = file_in(trial, FL_RUNDIR_TRACE);
	g_autoptr(FlTrace) trace = NULL;

	g_clear_pointer(&guest->trace_sha256, g_free);
	if (!trial->setup.trace || guest->ending == FL_ENDING_QEMU)
		return true;
	trace = fl_trace_load(path, error);
	if (!trace)
		return false;
	if (!trace->complete && fl_ending_is_own(guest->ending)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "%s is incomplete: " FL_RUNDIR_QEMU " beside it may say why", path);
		return false;
	}
	guest->trace_sha256 = fl_hash_file(path, error);
	return guest->trace_sha256 != NULL;
}

static bool keep_evidence(FlTrial *trial, GError **error)
{
	FlGuestRecord *guest = trial->setup.guest;
	g_autofree char *console = file_in(trial, FL_RUNDIR_CONSOLE);
	g_autofree char *wire = file_in(trial, FL_RUNDIR_WIRE);

	g_free(guest->console_sha256);
	g_free(guest->wire_sha256);
	guest->wire_sha256 = NULL;
	guest->console_sha256 = fl_hash_file(console, error);
	if (!guest->console_sha256 || !(guest->wire_sha256 = fl_hash_file(wire, error)) ||
	    !hash_trace(trial, error))
		return false;
	return fl_evidence_save_guest(guest, trial->dir, error) &&
	       fl_evidence_save_tests(guest, trial->dir, error);
}

static void on_end(const FlVmEnd *end, gpointer data)
{
	FlTrial *trial = data;
	FlGuestRecord *guest = trial->setup.guest;

	guest->ending = end->kind;
	guest->detail = g_strdup(end->detail);
	guest->boot_ms = (double)end->first_wire_us / 1000;
	guest->total_ms = (double)end->end_us / 1000;
	fl_record_set_verdict(guest, fl_judge_end(trial->judge, end->kind, end->detail));
	if (guest->verdict->release && !guest->release)
		guest->release = g_strdup(guest->verdict->release);
	symbolize(trial);
	if (trial->autopsy)
		fl_autopsy_apply(guest->verdict, trial->autopsy);
	if (!keep_evidence(trial, &trial->error)) {
		g_prefix_error(&trial->error, "%s: ", guest->label);
	} else if (trial->setup.events.on_guest) {
		trial->setup.events.on_guest(guest, trial->setup.events.data);
	}
	trial->on_done(trial, trial->error, trial->data);
}

static bool make_judge(FlTrial *trial, GError **error)
{
	g_autofree char *rules = fl_site_path(trial->setup.site, "configs/splats");
	FlJudgeSpec spec = {
		.tests = (const char *const *)trial->setup.guest->tests,
		.nonce = trial->setup.guest->nonce,
		.rules_dir = rules,
		.today = trial->setup.site->today,
	};

	trial->judge = fl_judge_new(&spec, error);
	return trial->judge != NULL;
}

/* With the initramfs that they are in, or alone for a guest that booted long before. */
static bool write_orders(const FlTrial *trial, const FlOrders *orders, GError **error)
{
	const FlTrialSetup *setup = &trial->setup;
	g_autofree char *text = fl_orders_text(orders);
	g_autofree char *initrd = file_in(trial, FL_RUNDIR_INITRD);
	g_autofree char *alone = file_in(trial, FL_RUNDIR_ORDERS);

	if (setup->initrd)
		return fl_rundir_keep(setup->initrd, initrd, error);
	if (setup->orders)
		return fl_rundir_keep(setup->orders, alone, error);
	if (setup->snapshot)
		return fl_fs_write(alone, text, strlen(text), error);
	return fl_initramfs_with_orders(setup->initramfs, text, initrd, error);
}

/* The orders, the kernel and inputs.json: what the guest was made of. */
static bool write_inputs(FlTrial *trial, const FlOrders *orders, GError **error)
{
	g_autofree char *bzimage = file_in(trial, FL_RUNDIR_BZIMAGE);
	g_autofree char *config = file_in(trial, FL_RUNDIR_CONFIG);
	g_autofree char *inputs = file_in(trial, FL_RUNDIR_INPUTS);
	const FlGuestRecord *guest = trial->setup.guest;

	if (!write_orders(trial, orders, error) ||
	    !fl_rundir_keep(trial->setup.bzimage, bzimage, error))
		return false;
	if (guest->config && !fl_rundir_keep(guest->config, config, error))
		return false;
	return fl_json_write(inputs, trial->setup.inputs, error) &&
	       fl_evidence_save_guest(guest, trial->dir, error);
}

static bool write_watch(const GArray *addresses, const char *path, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < addresses->len; i++)
		g_string_append_printf(text, "%" G_GINT64_MODIFIER "x\n",
				       g_array_index(addresses, uint64_t, i));
	return fl_fs_write(path, text->str, text->len, error);
}

/* The files of a trace; freed as one. */
typedef struct {
	char *out, *blocks, *watch, *events;
} TracePaths;

static void trace_paths_clear(TracePaths *paths)
{
	g_free(paths->out);
	g_free(paths->blocks);
	g_free(paths->watch);
	g_free(paths->events);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TracePaths, trace_paths_clear)

static bool describe_trace(const FlTrial *trial, TracePaths *paths, FlVmTrace *ret_trace,
			   GError **error)
{
	const FlTrialTrace *trace = trial->setup.trace;

	paths->out = file_in(trial, FL_RUNDIR_TRACE);
	if (trace->keeps_blocks)
		paths->blocks = file_in(trial, FL_RUNDIR_TRACE_BLOCKS);
	if (trace->watch) {
		paths->watch = file_in(trial, FL_RUNDIR_TRACE_WATCH);
		paths->events = file_in(trial, FL_RUNDIR_TRACE_EVENTS);
		if (!write_watch(trace->watch, paths->watch, error))
			return false;
	}
	*ret_trace = (FlVmTrace){
		.plugin = trial->setup.site->plugin,
		.out = paths->out,
		.blocks = paths->blocks,
		.like = trace->like,
		.interval = trace->interval,
		.watch = paths->watch,
		.events = paths->events,
	};
	return true;
}

static bool start_vm(FlTrial *trial, GError **error)
{
	const FlTrialSetup *setup = &trial->setup;
	g_autofree char *bzimage = file_in(trial, FL_RUNDIR_BZIMAGE);
	g_autofree char *initrd = file_in(trial, FL_RUNDIR_INITRD);
	g_autofree char *orders = file_in(trial, FL_RUNDIR_ORDERS);
	g_autofree char *console = file_in(trial, FL_RUNDIR_CONSOLE);
	g_autofree char *wire = file_in(trial, FL_RUNDIR_WIRE);
	g_autofree char *qemu_log = file_in(trial, FL_RUNDIR_QEMU);
	g_autofree char *command = file_in(trial, FL_RUNDIR_COMMAND);
	g_autofree FlVmDisk *disks = fl_prepare_vm_disks(setup->disks);
	FlVmSpec spec = fl_machine(setup->site, setup->guest, disks, setup->disks->len);
	FlVmFork from = {0};
	g_auto(TracePaths) trace_paths = {0};
	FlVmTrace trace;

	spec.bzimage = bzimage;
	spec.console_path = console;
	spec.wire_path = wire;
	spec.stderr_path = qemu_log;
	spec.command_path = command;
	spec.on_limit = on_limit;
	if (setup->snapshot) {
		from = (FlVmFork){.ram = setup->snapshot->ram,
				  .ram_high = setup->snapshot->ram_high,
				  .state = setup->snapshot->state,
				  .orders = orders,
				  .console = setup->snapshot->console};
		spec.fork = &from;
	} else {
		spec.initrd = initrd;
		spec.tsc_khz = spec.deterministic ? FL_TSC_ICOUNT_KHZ : fl_tsc_khz();
	}
	if (setup->trace) {
		if (!describe_trace(trial, &trace_paths, &trace, error))
			return false;
		spec.trace = &trace;
	}
	if (setup->gdb) {
		spec.gdb = true;
		spec.boot_us = spec.silence_us = spec.total_us = 0;
	}
	trial->vm = fl_vm_start(&spec, on_bytes, on_end, trial, error);
	return trial->vm != NULL;
}

FlTrial *fl_trial_run_start(const FlTrialSetup *setup, FlTrialDoneFn on_done, gpointer data,
			    GError **error)
{
	g_autoptr(FlTrial) trial = g_new0(FlTrial, 1);
	FlOrders orders = {
		.nonce = setup->guest->nonce,
		.seed = setup->guest->seed,
		.time_scale_milli = setup->guest->time_scale_milli,
		.effort = setup->effort,
		.deterministic = setup->guest->deterministic,
		.yields = setup->yields,
		.tests = setup->tests,
	};

	FlOrders limits = orders;

	limits.time_scale_milli = setup->guest->limit_scale_milli;
	if (!setup->initrd && !setup->orders)
		setup->guest->tests_limit_ms = fl_orders_limit_us(&limits) / 1000;
	trial->setup = *setup;
	trial->on_done = on_done;
	trial->data = data;
	trial->dir = fl_rundir_guest(setup->rundir, setup->guest->label, error);
	if (!trial->dir || !make_judge(trial, error) || !write_inputs(trial, &orders, error) ||
	    !start_vm(trial, error))
		return NULL;
	return g_steal_pointer(&trial);
}

void fl_trial_run_cancel(FlTrial *trial)
{
	fl_vm_stop(trial->vm, FL_ENDING_CANCELLED, 0);
}

void fl_trial_run_free(FlTrial *trial)
{
	if (!trial)
		return;
	fl_vm_free(trial->vm);
	fl_judge_free(trial->judge);
	g_free(trial->dir);
	g_free(trial->running);
	json_decref(trial->autopsy);
	g_clear_error(&trial->error);
	g_free(trial);
}
