// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline explore: many seeds of the same tests, until one fails.
 */
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "flow/explore_guest.h"
#include "report/explore_text.h"

#include <stdio.h>

#define SUMMARY                                                                                    \
	"Runs tests of one kernel under many seeds, each a deterministic run of its own, one "     \
	"guest "                                                                                   \
	"for each\n"                                                                               \
	"core at a time (--jobs), until one fails. The seed drives the programs' choices and, by " \
	"--strategy\n"                                                                             \
	"points, when a vCPU gives way to the next one: at --depth times in each schedule, at "    \
	"places around\n"                                                                          \
	"the lines that the kernel's patches changed, or of the fault path. A failure is told "    \
	"with the\n"                                                                               \
	"commands that repeat it and the smallest guest that shows it, which has been run. "       \
	"--restore spares\n"                                                                       \
	"each seed its boot. The same command goes on with an exploration that was stopped. Exit " \
	"0: none failed,\n"                                                                        \
	"1: one did, 3: nothing could be told."

typedef struct {
	const FlCli *cli;
	const FlOptions *options;
	const char *kernel;
	unsigned cpus;
	gint64 started_us;
	unsigned told; /* seeds of this sitting */
} View;

static bool check(const FlOptions *o, GError **error)
{
	const char *text = NULL;

	if (o->kernels && o->kernels[1])
		text = "--kernel: expected one kernel of the plan";
	else if (o->seed_text)
		text = "--seed: expected --seeds A..B instead";
	else if (o->repeat != 1)
		text = "--repeat: the same seed gives the same bytes; expected --seeds A..B "
		       "instead";
	else if (g_strcmp0(o->accel, "kvm") == 0)
		text = "--accel: every run of an exploration is deterministic, which needs tcg";
	else if (o->git_bisect)
		text = "--git-bisect is for faultline run";
	else if (o->junit || o->ktap)
		text = "expected --json: an exploration has no --junit and no --ktap";
	if (text)
		g_set_error_literal(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, text);
	return !text;
}

static double minutes_of(const View *view)
{
	return (double)(g_get_monotonic_time() - view->started_us) / 60e6;
}

static double left_s(gpointer data)
{
	const View *view = data;

	if (!view->options->duration)
		return G_MAXDOUBLE;
	return view->options->duration_s - minutes_of(view) * 60;
}

static char *command(const FlSmallest *how, gpointer data)
{
	const View *view = data;

	return fl_command_deterministic(view->cli->program, view->options, view->kernel, how);
}

static FlExploreText text_of(const View *view, const FlExplore *explore, const char *journal)
{
	FlExploreCounts counts = fl_explore_counts(explore);

	return (FlExploreText){.kernel = view->kernel,
			       .cpus = view->cpus,
			       .done = counts.done,
			       .distinct = counts.distinct,
			       .untold = counts.untold,
			       .depth = view->options->yield_depth,
			       .hits = FL_YIELDS_HITS,
			       .yield_points = counts.yield_points,
			       .schedules = counts.schedules,
			       .yields_taken = counts.yields_taken,
			       .per_minute = view->told ? view->told / minutes_of(view) : 0,
			       .n_failures = counts.failed,
			       .journal = journal};
}

static void on_told(const FlExplore *explore, const FlExploreSeed *seed, gpointer data)
{
	View *view = data;
	const FlOptions *o = view->options;
	g_autofree char *line = NULL;

	view->told++;
	if (seed->kind > FL_VERDICT_BROKEN)
		fl_log_step("seed %" G_GUINT64_FORMAT ": %s: %s", seed->seed,
			    fl_verdict_name(seed->kind), seed->reason);
	FlExploreText text = text_of(view, explore, NULL);

	line = fl_explore_text_live(
		&text, o->duration && !o->seeds ? 0 : o->last_seed - o->first_seed + 1);
	fl_log_live("%s", line);
}

/* The failures as the report wants them; own keeps the strings that were made for it. */
static GArray *failures_of(View *view, const FlExplore *explore, GPtrArray *own)
{
	g_autoptr(GPtrArray) failed = fl_explore_failures(explore);
	GArray *failures = g_array_new(FALSE, TRUE, sizeof(FlExploreFailure));

	for (guint i = 0; i < failed->len; i++) {
		const FlExploreSeed *seed = g_ptr_array_index(failed, i);
		FlSmallest how = {.tests = (const char *const *)view->options->tests,
				  .cpus = view->cpus,
				  .yield_depth = view->options->yield_depth,
				  .seed = seed->seed};
		char *again = command(&how, view);
		char *replay =
			fl_command_replay(view->cli->program, seed->evidence ? seed->evidence : "");
		FlExploreFailure failure = {.seed = seed->seed,
					    .verdict = fl_verdict_name(seed->kind),
					    .reason = seed->reason,
					    .evidence = seed->evidence,
					    .replay = replay,
					    .again = again,
					    .smallest = seed->smallest,
					    .verified = seed->verified};

		g_ptr_array_add(own, again);
		g_ptr_array_add(own, replay);
		g_array_append_val(failures, failure);
	}
	return failures;
}

static int report(View *view, const FlExploration *exploration, GError **error)
{
	const FlExplore *explore = fl_explore_guest_known(exploration);
	g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) failures = failures_of(view, explore, own);
	FlExploreText text = text_of(view, explore, fl_explore_guest_journal(exploration));
	g_autofree char *words = NULL;
	g_autoptr(json_t) json = NULL;

	text.failures = (const FlExploreFailure *)(gpointer)failures->data;
	words = fl_explore_text(&text);
	json = fl_explore_text_json(&text);
	fl_log_clear();
	fputs(words, stdout);
	fflush(stdout);
	if (view->options->json && !fl_json_write(view->options->json, json, error))
		return -1;
	if (text.n_failures)
		return FL_EXIT_FAULT;
	return text.done ? FL_EXIT_PASS : FL_EXIT_BROKEN;
}

static int explore(View *view, const FlPlan *plan, GError **error)
{
	const FlOptions *o = view->options;
	const char *kernels[] = {view->kernel, NULL};
	g_autofree char *stamp = fl_options_stamp();
	g_autoptr(FlExploration) exploration = NULL;
	FlRunRequest request = fl_options_request(o, plan);
	FlExploreGuest guest = {.site = view->cli->site,
				.request = &request,
				.keep_going = o->keep_going,
				.left_s = left_s,
				.told = on_told,
				.command = command,
				.data = view};

	request.kernels = kernels;
	request.cpus = view->cpus;
	request.deterministic = true;
	request.jobs = o->jobs ? (unsigned)o->jobs : g_get_num_processors();
	request.stamp = stamp;
	request.command = "";
	exploration = fl_explore_guest_new(&guest, o->first_seed, o->last_seed, error);
	if (!exploration)
		return -1;
	fl_log_step("exploring %s on %u vCPUs, %u guests at a time; journal: %s", view->kernel,
		    view->cpus, request.jobs, fl_explore_guest_journal(exploration));
	view->started_us = g_get_monotonic_time();
	if (!fl_explore_guest_run(exploration, error)) {
		g_prefix_error(error, "the same command goes on with it: ");
		return -1;
	}
	return report(view, exploration, error);
}

int fl_cmd_explore(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	g_autoptr(FlPlan) plan = NULL;
	g_autoptr(GPtrArray) kernels = NULL;
	View view = {.cli = cli, .options = &options};

	if (!fl_options_parse(&options,
			      FL_OPTIONS_KERNEL | FL_OPTIONS_MACHINE | FL_OPTIONS_RUN |
				      FL_OPTIONS_REPORT | FL_OPTIONS_EXPLORE | FL_OPTIONS_RESTORE,
			      NULL, SUMMARY, argc, argv, error) ||
	    !(plan = fl_options_plan(&options, cli->site, error)) || !check(&options, error) ||
	    !(kernels = fl_request_kernels(plan, (const char *const *)options.kernels, error)))
		return -1;
	view.kernel = ((const FlPlanKernel *)g_ptr_array_index(kernels, 0))->name;
	view.cpus = options.cpus ? (unsigned)options.cpus : plan->cpu_counts[0];
	return explore(&view, plan, error);
}
