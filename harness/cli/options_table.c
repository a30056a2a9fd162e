// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options as GOption wants them, group by group. Looks at no value.
 */
#include "cli/options_table.h"

static void add_kernel_options(GOptionContext *context, FlOptions *o)
{
	const GOptionEntry entries[] = {
		{"plan", 0, 0, G_OPTION_ARG_FILENAME, &o->plan,
		 "plan file (default " FL_OPTIONS_PLAN ")", "FILE"},
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

void fl_options_table_add(GOptionContext *context, FlOptions *options, FlOptionGroups groups,
			  const char *args)
{
	static const struct {
		FlOptionGroups group;
		void (*add)(GOptionContext *context, FlOptions *options);
	} table[] = {
		{FL_OPTIONS_KERNEL, add_kernel_options},
		{FL_OPTIONS_BUILD, add_build_options},
		{FL_OPTIONS_MACHINE, add_machine_options},
		{FL_OPTIONS_RUN, add_run_options},
		{FL_OPTIONS_REPORT, add_report_options},
		{FL_OPTIONS_STORE, add_store_options},
		{FL_OPTIONS_HISTORY, add_history_options},
		{FL_OPTIONS_BISECT, add_bisect_options},
		{FL_OPTIONS_REPLAY, add_replay_options},
		{FL_OPTIONS_TRACE, add_trace_options},
		{FL_OPTIONS_EXPLORE, add_explore_options},
		{FL_OPTIONS_COMPARE, add_compare_options},
		{FL_OPTIONS_JUDGE, add_judge_options},
		{FL_OPTIONS_ISOLATE, add_isolate_options},
		{FL_OPTIONS_RESTORE, add_restore_options},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
		if (groups & table[i].group)
			table[i].add(context, options);
	add_output_options(context, options, args);
}
