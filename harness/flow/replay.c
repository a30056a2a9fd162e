// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an old evidence folder to a new one, and what the two have in common.
 */
#include "flow/replay.h"

#include "base/fs.h"
#include "base/json.h"
#include "flow/evidence.h"
#include "flow/replay_source.h"
#include "flow/trials.h"

/* An edited guest.json may ask for any limit. */
#define LIMIT_SCALE_MAX_MILLI 1e6
#define TESTS_LIMIT_MAX_MS    1e9

typedef struct {
	const FlSite *site;
	const FlReplayRequest *request;
	FlRunRecord *record;
	GPtrArray *sources; /* of FlReplaySource */
	GPtrArray *guests;  /* of FlReplayGuest */
} Replay;

void fl_replay_guest_free(FlReplayGuest *guest)
{
	g_free(guest->verdict_then);
	fl_witness_clear(&guest->witness);
	fl_retrace_clear(&guest->retrace);
	g_clear_pointer(&guest->functions, g_ptr_array_unref);
	fl_until_free(guest->until);
	g_free(guest);
}

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
	FlGuestRecord *guest = fl_evidence_load_guest(dir, error);
	FlReplaySource *source;
	FlReplayGuest *then;

	if (!guest)
		return false;
	g_ptr_array_add(replay->record->guests, guest);
	source = fl_replay_source_new(replay->site, replay->request, dir, guest, error);
	if (!source)
		return false;
	g_ptr_array_add(replay->sources, source);
	then = g_new0(FlReplayGuest, 1);
	g_ptr_array_add(replay->guests, then);
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
	const FlReplaySource *source = g_ptr_array_index(replay->sources, i);

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
	const FlReplaySource *source = g_ptr_array_index(replay->sources, i);
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
	const FlReplaySource *source = g_ptr_array_index(replay->sources, i);
	g_autofree char *dir = g_build_filename(run_dir, now->label, NULL);
	/* What a guest that was ended from outside would have said next is not known. */
	bool cut = !fl_ending_is_own(guest->ending_then) || !fl_ending_is_own(now->ending);

	/* The console first: it is what people read. */
	if (!compare_log(guest, source->dir, dir, FL_RUNDIR_CONSOLE, cut, error) ||
	    (guest->same && !compare_log(guest, source->dir, dir, FL_RUNDIR_WIRE, cut, error)))
		return false;
	return now->ending == FL_ENDING_QEMU || compare_traces(replay, i, dir, cut, error);
}

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
	g_autoptr(GPtrArray) sources =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_replay_source_free);
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
