// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared options. Values are checked here, so that every verb refuses the same nonsense with
 * the same words.
 */
#include "cli/options.h"

#include "base/log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PLAN "configs/plans/shared-faults.plan"
#define DEPTH_UNSET  INT_MIN

static bool usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool usage_error(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, format, args);
	va_end(args);
	return false;
}

static void add_kernel_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"plan", 0, 0, G_OPTION_ARG_FILENAME, &o->plan,
		 "plan file (default " DEFAULT_PLAN ")", "FILE"},
		{"kernel", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->kernels,
		 "a kernel of the plan, repeatable (default: those it marks)", "NAME"},
		{"kernel-tree", 0, 0, G_OPTION_ARG_FILENAME, &o->kernel_tree,
		 "Linux source or git tree instead of the packaged source; never written to",
		 "DIR"},
		{"image", 0, 0, G_OPTION_ARG_FILENAME, &o->image,
		 "boot this bzImage; nothing is built", "FILE"},
		{"patch", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->patches,
		 "diff or mbox on top of the kernel, repeatable", "FILE"},
		{"config", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->fragments,
		 "configuration fragment on top of the kernel's, repeatable", "FRAGMENT"},
		{"jobs", 0, 0, G_OPTION_ARG_INT, &o->jobs,
		 "guests at a time (default 1; explore: one for each CPU); also make -j, default "
		 "one for each CPU",
		 "N"},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_build_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {{"revision", 0, 0, G_OPTION_ARG_STRING, &o->revision,
					 "a commit of --kernel-tree instead of what lies there",
					 "REV"},
					{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_machine_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"cpus", 0, 0, G_OPTION_ARG_INT, &o->cpus, "vCPUs, 1 to 8", "N"},
		{"memory", 0, 0, G_OPTION_ARG_STRING, &o->memory,
		 "memory of the guest, as 512M or 2G", "SIZE"},
		{"accel", 0, 0, G_OPTION_ARG_STRING, &o->accel,
		 "auto, kvm or tcg (default auto: what really works)", "NAME"},
		{"seed", 0, 0, G_OPTION_ARG_STRING, &o->seed_text, "seed of every random choice",
		 "N"},
		{"deterministic", 0, 0, G_OPTION_ARG_NONE, &o->deterministic,
		 "the same bytes for the same seed: one vCPU at a time", NULL},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_run_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"test", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->tests,
		 "tests to run, repeatable (default: the plan's)", "GLOB"},
		{"repeat", 0, 0, G_OPTION_ARG_INT, &o->repeat,
		 "boot each kernel N times, seeds counting up (default 1; compare: at most 10)",
		 "N"},
		{"fail-fast", 0, 0, G_OPTION_ARG_NONE, &o->fail_fast,
		 "start no guest after one that did not pass", NULL},
		{"timeout-scale", 0, 0, G_OPTION_ARG_DOUBLE, &o->timeout_scale,
		 "multiply every time limit", "X"},
		{"git-bisect", 0, 0, G_OPTION_ARG_NONE, &o->git_bisect,
		 "exit codes for git bisect run: 0 good, 1 bad, 125 cannot tell", NULL},
		{"strategy", 0, 0, G_OPTION_ARG_STRING, &o->strategy,
		 "none or points: where the seed makes a vCPU give way to the next one, with "
		 "--deterministic (default none; explore: points)",
		 "NAME"},
		{"depth", 0, 0, G_OPTION_ARG_INT, &o->depth,
		 "with points: how often in each schedule, 1 to 8 (default 3)", "D"},
		{"out", 0, 0, G_OPTION_ARG_FILENAME, &o->out,
		 "folder of the evidence (default out)", "DIR"},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_report_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_FILENAME, &o->json, "write the result as JSON as well",
		 "FILE"},
		{"junit", 0, 0, G_OPTION_ARG_FILENAME, &o->junit, "write the result as JUnit XML",
		 "FILE"},
		{"ktap", 0, 0, G_OPTION_ARG_FILENAME, &o->ktap, "write the result as KTAP", "FILE"},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_bisect_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"good", 0, 0, G_OPTION_ARG_STRING, &o->good, "a commit without the fault", "REV"},
		{"bad", 0, 0, G_OPTION_ARG_STRING, &o->bad, "a commit with the fault", "REV"},
		{"series", 0, 0, G_OPTION_ARG_FILENAME, &o->series,
		 "a folder of patches, applied in the order of their names", "DIR"},
		{"signature", 0, 0, G_OPTION_ARG_STRING, &o->signature,
		 "look for this splat, as result.json or history names it, and nothing else",
		 "TEXT"},
		{"confidence", 0, 0, G_OPTION_ARG_DOUBLE, &o->confidence,
		 "stop when this sure (default 0.95)", "P"},
		{"rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->rate,
		 "in which part of its runs the bad end fails, if that is known; saves runs", "R"},
		{"max-runs", 0, 0, G_OPTION_ARG_INT, &o->max_runs,
		 "guests to boot at most (default 400)", "N"},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_store_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"out", 0, 0, G_OPTION_ARG_FILENAME, &o->out,
		 "folder of the evidence (default out)", "DIR"},
		{"json", 0, 0, G_OPTION_ARG_FILENAME, &o->json, "write it as JSON as well", "FILE"},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_history_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"kernel", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->kernels,
		 "only runs with such a kernel", "GLOB"},
		{"test", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->tests, "only runs with such a test",
		 "GLOB"},
		{"verdict", 0, 0, G_OPTION_ARG_STRING, &o->verdict,
		 "only runs that ended so: PASS, FAIL, HANG, CRASH, BROKEN", "NAME"},
		{"signature", 0, 0, G_OPTION_ARG_STRING, &o->signature,
		 "only runs with a splat whose signature begins so", "TEXT"},
		{"rebuild", 0, 0, G_OPTION_ARG_NONE, &o->rebuild,
		 "make the database again from the evidence folders", NULL},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_replay_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"until", 0, 0, G_OPTION_ARG_STRING, &o->until,
		 "end the guest at the first line of its console that has this text", "LINE"},
		{"gdb", 0, 0, G_OPTION_ARG_NONE, &o->gdb,
		 "wait for gdb before the first instruction, and print how to call it. Waiting "
		 "changes nothing; a breakpoint may, since the other vCPUs run on a little when it "
		 "hits",
		 NULL},
		{"jobs", 0, 0, G_OPTION_ARG_INT, &o->jobs, "guests at a time, default 1", "N"},
		{"timeout-scale", 0, 0, G_OPTION_ARG_DOUBLE, &o->timeout_scale,
		 "multiply every time limit of the host", "X"},
		{"out", 0, 0, G_OPTION_ARG_FILENAME, &o->out,
		 "folder of the evidence (default out)", "DIR"},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_trace_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"trace", 0, 0, G_OPTION_ARG_NONE, &o->trace,
		 "of a deterministic guest also the hash of every executed block; replay: and when "
		 "which vCPU ran what the kernel's patches wrote",
		 NULL},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_explore_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"seeds", 0, 0, G_OPTION_ARG_STRING, &o->seeds,
		 "the seeds to run (default 1..100, with --for as many as there is time for)",
		 "A..B"},
		{"for", 0, 0, G_OPTION_ARG_STRING, &o->duration,
		 "how long to go on, as 90s, 10m or 2h", "TIME"},
		{"keep-going", 0, 0, G_OPTION_ARG_NONE, &o->keep_going,
		 "do not stop at the first failure", NULL},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_compare_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"confidence", 0, 0, G_OPTION_ARG_DOUBLE, &o->confidence,
		 "1 minus the share of false alarms among the differences told (default 0.99)",
		 "P"},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_judge_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {{"explain", 0, 0, G_OPTION_ARG_NONE, &o->explain,
					 "print which line led to which conclusion", NULL},
					{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_isolate_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"isolate", 0, 0, G_OPTION_ARG_NONE, &o->isolate,
		 "a fresh kernel for each test: it boots once, and each test goes on from there",
		 NULL},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_restore_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"restore", 0, 0, G_OPTION_ARG_NONE, &o->restore,
		 "boot once and save it: guests go on from there, and a seed's bytes are those of "
		 "that boot",
		 NULL},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

static void add_output_options(GOptionContext *context, FlOptions *o, const char *args)
{
	const GOptionEntry entries[] = {
		{"help", 'h', 0, G_OPTION_ARG_NONE, &o->help, "print this", NULL},
		{"quiet", 0, 0, G_OPTION_ARG_NONE, &o->quiet, "print the verdict only", NULL},
		{"verbose", 0, 0, G_OPTION_ARG_NONE, &o->verbose, "print details", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->rest, NULL, args},
		{NULL}};

	g_option_context_add_main_entries(context, entries, NULL);
}

/* "A..B" */
static bool parse_seeds(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
	g_auto(GStrv) parts = g_strsplit(text, "..", 2);

	return parts[0] && parts[1] &&
	       g_ascii_string_to_unsigned(parts[0], 10, 0, G_MAXINT64, ret_first, NULL) &&
	       g_ascii_string_to_unsigned(parts[1], 10, 0, G_MAXINT64, ret_last, NULL) &&
	       *ret_first <= *ret_last && *ret_last - *ret_first < 1000000;
}

/* "90s", "10m", "2h" */
static bool parse_duration(const char *text, double *ret_seconds)
{
	char *end = NULL;
	guint64 number = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;

	if (number < 1 || number > 1000000 || !*end || end[1] || !strchr("smh", *end))
		return false;
	*ret_seconds = (double)number * (*end == 'h' ? 3600 : *end == 'm' ? 60 : 1);
	return true;
}

static bool check_explore(FlOptions *o, GError **error)
{
	o->first_seed = 1;
	o->last_seed = o->duration ? 1000000 : 100;
	if (o->seeds && !parse_seeds(o->seeds, &o->first_seed, &o->last_seed))
		return usage_error(error,
				   "--seeds: expected A..B, at most 1000000 of them, as 1..100, "
				   "found \"%s\"",
				   o->seeds);
	if (o->duration && !parse_duration(o->duration, &o->duration_s))
		return usage_error(error, "--for: expected a time as 90s, 10m or 2h, found \"%s\"",
				   o->duration);
	return true;
}

/* A kernel that somebody else built has no module of ours. */
static bool check_strategy(FlOptions *o, bool explores, GError **error)
{
	bool points = o->strategy ? g_str_equal(o->strategy, "points") : explores && !o->image;

	if (o->strategy && !points && !g_str_equal(o->strategy, "none"))
		return usage_error(error, "--strategy: expected none or points, found \"%s\"",
				   o->strategy);
	if (points && o->image)
		return usage_error(error, "--strategy points: needs a module of ours, and --image "
					  "comes without");
	if (points && !explores && !o->deterministic)
		return usage_error(error, "--strategy points: needs --deterministic, where vCPUs "
					  "run one at a time");
	if (o->depth != DEPTH_UNSET && !points)
		return usage_error(error, "--depth: expected --strategy points beside it");
	if (o->depth != DEPTH_UNSET && (o->depth < 1 || o->depth > (int)FL_YIELDS_DEPTH_MAX))
		return usage_error(error, "--depth: expected 1 to %u, found %d",
				   FL_YIELDS_DEPTH_MAX, o->depth);
	if (points)
		o->yield_depth = o->depth == DEPTH_UNSET ? FL_YIELDS_DEPTH : (unsigned)o->depth;
	return true;
}

static bool check_numbers(FlOptions *o, GError **error)
{
	if (o->cpus < 0 || o->cpus > FL_PLAN_CPUS_MAX)
		return usage_error(error, "--cpus: expected 1 to %d, found %d", FL_PLAN_CPUS_MAX,
				   o->cpus);
	if (o->repeat < 1 || o->repeat > 100000)
		return usage_error(error, "--repeat: expected 1 to 100000, found %d", o->repeat);
	if (o->jobs < 0 || o->jobs > 256)
		return usage_error(error, "--jobs: expected 1 to 256, found %d", o->jobs);
	if (o->max_runs < 1 || o->max_runs > 100000)
		return usage_error(error, "--max-runs: expected 1 to 100000, found %d",
				   o->max_runs);
	if (!(o->timeout_scale >= 0.01 && o->timeout_scale <= 1000))
		return usage_error(error, "--timeout-scale: expected 0.01 to 1000, found %g",
				   o->timeout_scale);
	if (o->memory && !fl_plan_parse_memory(o->memory, &o->memory_mib))
		return usage_error(error, "--memory: expected 128M to 64G, found \"%s\"",
				   o->memory);
	if (o->seed_text &&
	    !g_ascii_string_to_unsigned(o->seed_text, 10, 0, G_MAXUINT64, &o->seed, NULL))
		return usage_error(error, "--seed: expected a whole number, found \"%s\"",
				   o->seed_text);
	return true;
}

static bool check_files(const FlOptions *o, GError **error)
{
	if (o->kernel_tree && !g_file_test(o->kernel_tree, G_FILE_TEST_IS_DIR))
		return usage_error(error, "--kernel-tree: %s is not a folder", o->kernel_tree);
	if (o->image && !g_file_test(o->image, G_FILE_TEST_IS_REGULAR))
		return usage_error(error, "--image: %s is not a file", o->image);
	if (o->revision && !o->kernel_tree)
		return usage_error(error,
				   "--revision: expected --kernel-tree DIR, of which it is a "
				   "commit");
	if (o->image && (o->kernel_tree || o->patches || o->fragments))
		return usage_error(error,
				   "--image is booted as it is: it cannot go with --kernel-tree, "
				   "--patch or --config");
	for (char **path = o->patches; path && *path; path++)
		if (!g_file_test(*path, G_FILE_TEST_IS_REGULAR))
			return usage_error(error, "--patch: %s is not a file", *path);
	for (char **path = o->fragments; path && *path; path++)
		if (!g_file_test(*path, G_FILE_TEST_IS_REGULAR))
			return usage_error(error, "--config: %s is not a file", *path);
	return true;
}

/* What a run of hours would find at its end. */
static bool check_report(const char *option, const char *path, GError **error)
{
	g_autofree char *dir = path ? g_path_get_dirname(path) : NULL;

	if (!path)
		return true;
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return usage_error(error, "%s: %s is a folder, expected a file", option, path);
	if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
		return usage_error(error, "%s: there is no folder %s for %s", option, dir, path);
	return true;
}

static bool check_reports(const FlOptions *o, GError **error)
{
	return check_report("--json", o->json, error) && check_report("--junit", o->junit, error) &&
	       check_report("--ktap", o->ktap, error);
}

static bool check(FlOptions *o, FlOptionGroups groups, const char *args, GError **error)
{
	if (!args && o->rest && *o->rest)
		return usage_error(error, "\"%s\" is not an option; --help lists them", *o->rest);
	if (o->quiet && o->verbose)
		return usage_error(error, "--quiet and --verbose exclude each other");
	if (o->deterministic && g_strcmp0(o->accel, "kvm") == 0)
		return usage_error(error, "--deterministic needs --accel tcg: KVM runs vCPUs in "
					  "parallel, by the host's clock");
	return check_numbers(o, error) && check_explore(o, error) &&
	       check_strategy(o, groups & FL_OPTIONS_EXPLORE, error) && check_files(o, error) &&
	       check_reports(o, error);
}

/* GLib's own help leaves out the verb, and has an ellipsis that a plain locale cannot show. */
static void print_help(GOptionContext *context, const char *verb)
{
	g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
	g_autofree char *usage = g_strdup_printf("faultline %s [OPTION...]", verb);
	GString *text = g_string_new(help);

	g_string_replace(text, "faultline [OPTION\u2026]", usage, 1);
	fputs(text->str, stdout);
	g_string_free(text, TRUE);
}

bool fl_options_parse(FlOptions *options, FlOptionGroups groups, const char *args,
		      const char *summary, int argc, char **argv, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	*options = (FlOptions){.repeat = 1,
			       .timeout_scale = 1.0,
			       .max_runs = 400,
			       .confidence = 0.95,
			       .depth = DEPTH_UNSET};
	if (groups & FL_OPTIONS_COMPARE) {
		options->repeat = 10;
		options->confidence = 0.99;
	}
	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(context, summary);
	if (groups & FL_OPTIONS_KERNEL)
		add_kernel_options(context, options);
	if (groups & FL_OPTIONS_BUILD)
		add_build_options(context, options);
	if (groups & FL_OPTIONS_MACHINE)
		add_machine_options(context, options);
	if (groups & FL_OPTIONS_RUN)
		add_run_options(context, options);
	if (groups & FL_OPTIONS_REPORT)
		add_report_options(context, options);
	if (groups & FL_OPTIONS_STORE)
		add_store_options(context, options);
	if (groups & FL_OPTIONS_HISTORY)
		add_history_options(context, options);
	if (groups & FL_OPTIONS_BISECT)
		add_bisect_options(context, options);
	if (groups & FL_OPTIONS_REPLAY)
		add_replay_options(context, options);
	if (groups & FL_OPTIONS_TRACE)
		add_trace_options(context, options);
	if (groups & FL_OPTIONS_EXPLORE)
		add_explore_options(context, options);
	if (groups & FL_OPTIONS_COMPARE)
		add_compare_options(context, options);
	if (groups & FL_OPTIONS_JUDGE)
		add_judge_options(context, options);
	if (groups & FL_OPTIONS_ISOLATE)
		add_isolate_options(context, options);
	if (groups & FL_OPTIONS_RESTORE)
		add_restore_options(context, options);
	add_output_options(context, options, args);
	if (!g_option_context_parse(context, &argc, &argv, error))
		return false;
	if (options->help) {
		print_help(context, argv[0]);
		exit(0);
	}
	if (!options->accel)
		options->accel = g_strdup("auto");
	if (!options->out)
		options->out = g_strdup("out");
	if (!check(options, groups, args, error))
		return false;
	fl_log_setup(options->quiet	? FL_LOG_QUIET
		     : options->verbose ? FL_LOG_VERBOSE
					: FL_LOG_NORMAL,
		     isatty(STDERR_FILENO), isatty(STDERR_FILENO) && !g_getenv("NO_COLOR"));
	return true;
}

FlPlan *fl_options_plan(const FlOptions *options, const FlSite *site, GError **error)
{
	g_autofree char *path =
		options->plan ? g_strdup(options->plan) : fl_site_path(site, DEFAULT_PLAN);

	return fl_plan_load(path, site->root, error);
}

FlPrepare fl_options_prepare(const FlOptions *options)
{
	return (FlPrepare){
		.tree = options->kernel_tree,
		.revision = options->revision,
		.image = options->image,
		.patches = (const char *const *)options->patches,
		.fragments = (const char *const *)options->fragments,
		.jobs = (unsigned)options->jobs,
	};
}

FlRunRequest fl_options_request(const FlOptions *options, const FlPlan *plan)
{
	return (FlRunRequest){
		.plan = plan,
		.kernels = (const char *const *)options->kernels,
		.tests = (const char *const *)options->tests,
		.extra = fl_options_prepare(options),
		.cpus = (unsigned)options->cpus,
		.memory_mib = options->memory_mib,
		.accel = options->accel,
		.deterministic = options->deterministic,
		.trace = options->trace,
		.restore = options->restore || options->isolate,
		.isolate = options->isolate,
		.yield_depth = options->yield_depth,
		.has_seed = options->seed_text != NULL,
		.seed = options->seed,
		.repeat = (unsigned)options->repeat,
		.jobs = (unsigned)MAX(1, options->jobs),
		.fail_fast = options->fail_fast,
		.timeout_scale = options->timeout_scale,
		.out = options->out,
	};
}

char *fl_options_stamp(void)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();

	return g_date_time_format(now, "%Y%m%d-%H%M%S");
}

void fl_options_clear(FlOptions *options)
{
	g_free(options->good);
	g_free(options->bad);
	g_free(options->series);
	g_free(options->signature);
	g_free(options->verdict);
	g_free(options->until);
	g_free(options->seeds);
	g_free(options->duration);
	g_free(options->revision);
	g_free(options->strategy);
	g_free(options->plan);
	g_free(options->kernel_tree);
	g_free(options->image);
	g_free(options->memory);
	g_free(options->accel);
	g_free(options->out);
	g_free(options->json);
	g_free(options->junit);
	g_free(options->ktap);
	g_free(options->seed_text);
	g_strfreev(options->kernels);
	g_strfreev(options->patches);
	g_strfreev(options->fragments);
	g_strfreev(options->tests);
	g_strfreev(options->rest);
}
