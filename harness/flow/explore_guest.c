// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exploration with real guests. Owns the folder `<out>/explore/<key>`: the journal, and below
 * runs/ the evidence of those that failed; that of the others is removed as soon as its hash is
 * in the journal.
 */
#include "flow/explore_guest.h"

#include "base/fs.h"
#include "base/log.h"
#include "flow/run.h"
#include "judge/target.h"
#include "plan/manifest.h"
#include "store/rundir.h"

#include <string.h>

/* Seeds of one batch for each guest at a time: enough that the cores do not wait for its last. */
#define BATCH_DEPTH 16u

struct FlExploration {
	const FlExploreGuest *guest;
	FlRunRequest request; /* of the batches */
	char *folder, *journal;
	FlFsLock *lock; /* of the folder: one journal has one writer */
	FlRun *run;
	FlExplore *known;
	char *batch;   /* evidence folder of the one that runs, or NULL */
	bool any_kept; /* in it */
	GError *error; /* the first that came while guests ran */
};

/* ---- one seed ---- */

static char *guest_dir(const FlExploration *exploration, const FlGuestRecord *guest)
{
	return g_build_filename(exploration->batch, guest->label, NULL);
}

static void on_ready(const FlRunRecord *record, gpointer data)
{
	FlExploration *exploration = data;

	g_free(exploration->batch);
	exploration->batch = g_build_filename(exploration->folder, "runs", record->id, NULL);
	exploration->any_kept = false;
}

/* A guest that was cut off by the user has told nothing. */
static void on_guest(const FlGuestRecord *guest, gpointer data)
{
	FlExploration *exploration = data;
	g_autofree char *dir = guest_dir(exploration, guest);
	FlExploreSeed *seed;

	if (exploration->error || guest->ending == FL_ENDING_CANCELLED)
		return;
	seed = fl_explore_seed_of(guest);
	if (seed->kind == FL_VERDICT_PASS) {
		if (!fl_fs_remove(dir, NULL))
			g_debug("%s is left behind", dir);
	} else {
		seed->evidence = g_steal_pointer(&dir);
		exploration->any_kept = true;
	}
	if (fl_explore_note(exploration->known, seed, &exploration->error) &&
	    exploration->guest->told)
		exploration->guest->told(exploration->known, seed, exploration->guest->data);
}

/* ---- the batches ---- */

static unsigned batch_size(const FlExploration *exploration)
{
	unsigned jobs = exploration->request.jobs, full = BATCH_DEPTH * jobs;
	double left_s = exploration->guest->left_s(exploration->guest->data);
	double mean_s = fl_explore_counts(exploration->known).mean_s;

	if (left_s <= 0)
		return 0;
	if (left_s == G_MAXDOUBLE)
		return full;
	/* Not known yet how long one takes: one for each core tells. */
	if (mean_s <= 0)
		return jobs;
	return (unsigned)CLAMP(left_s / mean_s * jobs, (double)jobs, (double)full);
}

/* A run of the exploration's own folder that nobody will ask for. */
static void drop_run(const FlExploration *exploration, const char *evidence)
{
	g_autofree char *latest = g_build_filename(exploration->folder, "latest", NULL);

	if (!fl_fs_remove(evidence, NULL) || !fl_fs_remove(latest, NULL))
		g_debug("%s is left behind", evidence);
}

static bool run_batch(FlExploration *exploration, uint64_t first, unsigned n, GError **error)
{
	g_autoptr(FlRunRecord) record = NULL;
	g_autofree char *evidence = NULL;
	bool ok = fl_run_boot(exploration->run, first, n, &record, &evidence, error);

	if (evidence && !exploration->any_kept)
		drop_run(exploration, evidence);
	if (ok && exploration->error) {
		g_propagate_error(error, g_steal_pointer(&exploration->error));
		return false;
	}
	return ok;
}

static bool has_enough(const FlExploration *exploration)
{
	return !exploration->guest->keep_going && fl_explore_counts(exploration->known).failed > 0;
}

/* ---- the smallest reproduction ---- */

typedef struct {
	FlExploration *exploration;
	FlTarget target;
	bool verifies;	/* its runs are kept, where every run is */
	char *evidence; /* of the last one */
} Shrink;

static bool seen_in(const Shrink *shrink, const FlRunRecord *record, uint64_t *ret_seed)
{
	for (guint i = 0; i < record->guests->len; i++) {
		const FlGuestRecord *guest = g_ptr_array_index(record->guests, i);

		if (fl_target_look(&shrink->target, guest->verdict) != FL_TARGET_SEEN)
			continue;
		*ret_seed = guest->seed;
		return true;
	}
	return false;
}

static bool shows(const FlSmallest *wanted, unsigned n, bool *ret_seen, uint64_t *ret_seed,
		  gpointer data, GError **error)
{
	Shrink *shrink = data;
	FlRunRequest request = *shrink->exploration->guest->request;
	g_autoptr(FlRun) run = NULL;
	g_autoptr(FlRunRecord) record = NULL;
	g_autofree char *command =
		shrink->exploration->guest->command(wanted, shrink->exploration->guest->data);

	request.tests = wanted->tests;
	request.cpus = wanted->cpus;
	request.yield_depth = wanted->yield_depth;
	request.fail_fast = true;
	if (!shrink->verifies)
		request.out = shrink->exploration->folder;
	request.command = command;
	request.events = (FlTrialEvents){0};
	request.on_ready = NULL;
	run = fl_run_prepare(shrink->exploration->guest->site, &request, error);
	g_clear_pointer(&shrink->evidence, g_free);
	if (!run || !fl_run_boot(run, wanted->seed, n, &record, &shrink->evidence, error))
		return false;
	*ret_seen = seen_in(shrink, record, ret_seed);
	if (!shrink->verifies)
		drop_run(shrink->exploration, shrink->evidence);
	return true;
}

static unsigned cpus_needed(const FlSite *site, const char *name)
{
	g_autofree char *path = g_build_filename(site->guest_dir, "manifest", NULL);
	g_autoptr(GPtrArray) tests = fl_manifest_load(path, NULL);

	for (guint i = 0; tests && name && i < tests->len; i++) {
		const FlTest *test = g_ptr_array_index(tests, i);

		if (g_str_equal(test->name, name))
			return test->cpus;
	}
	return 1;
}

/* What was found is run once more by itself, where every run is: that is what the user will do. */
static bool verify(Shrink *shrink, const FlSmallest *smallest, const FlExploreSeed *failure,
		   GError **error)
{
	FlExploration *exploration = shrink->exploration;
	g_autofree char *command = exploration->guest->command(smallest, exploration->guest->data);
	uint64_t seed;
	bool seen;

	shrink->verifies = true;
	if (!shows(smallest, 1, &seen, &seed, shrink, error))
		return false;
	if (!seen) {
		fl_log_warning("seed %" G_GUINT64_FORMAT " did not fail again: %s", smallest->seed,
			       command);
		return true;
	}
	return fl_explore_note_smallest(exploration->known, failure->seed, command,
					shrink->evidence, error);
}

static bool shrink_failure(FlExploration *exploration, const FlExploreSeed *failure, GError **error)
{
	const char *only[] = {failure->test, NULL};
	Shrink shrink = {
		.exploration = exploration,
		.target = {.signature = failure->signature,
			   .tests = failure->test && !failure->signature ? only : NULL},
	};
	FlSmallestHands hands = {.shows = shows, .data = &shrink};
	FlSmallest found = {.tests = exploration->request.tests,
			    .cpus = exploration->request.cpus,
			    .yield_depth = exploration->request.yield_depth,
			    .seed = failure->seed};
	FlSmallest smallest;
	bool ok;

	fl_log_step("seed %" G_GUINT64_FORMAT " failed; looking for the smallest guest that does",
		    failure->seed);
	ok = fl_smallest(&found, failure->test ? only : NULL,
			 cpus_needed(exploration->guest->site, failure->test), &hands, &smallest,
			 error) &&
	     verify(&shrink, &smallest, failure, error);
	g_free(shrink.evidence);
	return ok;
}

/* The same failure under another seed has the same smallest guest. */
static bool is_known(const GPtrArray *failures, guint i)
{
	const FlExploreSeed *failure = g_ptr_array_index(failures, i);

	for (guint j = 0; j < failures->len; j++) {
		const FlExploreSeed *other = g_ptr_array_index(failures, j);

		if (other->smallest && g_strcmp0(other->test, failure->test) == 0 &&
		    g_strcmp0(other->signature, failure->signature) == 0)
			return true;
	}
	return false;
}

static bool shrink_failures(FlExploration *exploration, GError **error)
{
	g_autoptr(GPtrArray) failures = fl_explore_failures(exploration->known);

	for (guint i = 0; i < failures->len; i++)
		if (!is_known(failures, i) &&
		    !shrink_failure(exploration, g_ptr_array_index(failures, i), error))
			return false;
	return true;
}

/* ---- the whole ---- */

static void on_wait(gpointer data)
{
	const FlExploration *exploration = data;

	fl_log_step("another faultline explores the same; waiting for it (%s)",
		    exploration->folder);
}

/* What a batch left that was killed: nobody knows how far its guests came. */
static void sweep(const FlExploration *exploration)
{
	g_autofree char *runs = g_build_filename(exploration->folder, "runs", NULL);
	g_autoptr(GDir) dir = g_dir_open(runs, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(runs, name, NULL);

		if (!fl_explore_refers_to(exploration->known, path))
			drop_run(exploration, path);
	}
}

static bool open_folder(FlExploration *exploration, uint64_t first, uint64_t last, GError **error)
{
	g_autofree char *lock = g_build_filename(exploration->folder, "lock", NULL);

	if (!fl_fs_mkdir(exploration->folder, error))
		return false;
	exploration->lock =
		fl_fs_lock(lock, on_wait, exploration, exploration->guest->site->cancel, error);
	if (!exploration->lock)
		return false;
	exploration->known = fl_explore_new(exploration->journal, first, last, error);
	if (exploration->known)
		sweep(exploration);
	return exploration->known != NULL;
}

FlExploration *fl_explore_guest_new(const FlExploreGuest *guest, uint64_t first, uint64_t last,
				    GError **error)
{
	g_autoptr(FlExploration) exploration = g_new0(FlExploration, 1);
	g_autofree char *key = NULL;
	g_autofree char *id = NULL;

	exploration->guest = guest;
	exploration->request = *guest->request;
	exploration->run = fl_run_prepare(guest->site, &exploration->request, error);
	if (!exploration->run)
		return NULL;
	key = fl_run_key(exploration->run);
	id = g_strndup(key, 12);
	exploration->folder = g_build_filename(guest->request->out, "explore", id, NULL);
	exploration->journal = g_build_filename(exploration->folder, "journal.jsonl", NULL);
	exploration->request.out = exploration->folder;
	exploration->request.fail_fast = !guest->keep_going;
	exploration->request.events = (FlTrialEvents){.on_guest = on_guest, .data = exploration};
	exploration->request.on_ready = on_ready;
	return open_folder(exploration, first, last, error) ? g_steal_pointer(&exploration) : NULL;
}

const char *fl_explore_guest_journal(const FlExploration *exploration)
{
	return exploration->journal;
}

const FlExplore *fl_explore_guest_known(const FlExploration *exploration)
{
	return exploration->known;
}

bool fl_explore_guest_run(FlExploration *exploration, GError **error)
{
	uint64_t first;
	unsigned n;

	while (!has_enough(exploration) &&
	       fl_explore_next(exploration->known, batch_size(exploration), &first, &n))
		if (!run_batch(exploration, first, n, error))
			return false;
	return shrink_failures(exploration, error);
}

void fl_explore_guest_free(FlExploration *exploration)
{
	if (!exploration)
		return;
	fl_fs_unlock(exploration->lock);
	fl_run_free(exploration->run);
	fl_explore_free(exploration->known);
	g_clear_error(&exploration->error);
	g_free(exploration->folder);
	g_free(exploration->journal);
	g_free(exploration->batch);
	g_free(exploration);
}
