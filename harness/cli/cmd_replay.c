// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline replay: a run again from its evidence, and whether it did the same.
 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "flow/replay.h"
#include "report/replay_text.h"
#include "store/store.h"
#include "vm/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUMMARY                                                                                    \
	"Runs again what an evidence folder holds: RUN is such a folder, the folder of one guest " \
	"in it, or the\n"                                                                          \
	"name of a run as faultline show takes it, \"latest\" too. Of a deterministic run it "     \
	"says whether\n"                                                                           \
	"console and protocol are the same bytes, of one with --trace also whether each block "    \
	"ran as then,\n"                                                                           \
	"and where they part (then exit code 3); of parallel vCPUs only the programs' choices "    \
	"repeat.\n"                                                                                \
	"Exit codes are those of faultline run."

typedef struct {
	FlProgress progress; /* first: what the events of a run get */
	const FlOptions *options;
} View;

static void on_ready(const FlRunRecord *record, gpointer data)
{
	const View *view = data;
	const FlGuestRecord *guest = g_ptr_array_index(record->guests, 0);

	fl_progress_ready(record, data);
	if (!view->options->gdb)
		return;
	fl_log_clear();
	printf("the guest waits:  gdb -ex 'target remote " FL_VM_GDB "' %s\n",
	       guest->vmlinux ? guest->vmlinux : "");
	fflush(stdout);
}

/*
 * A folder, or what the history calls a run; the caller frees. The link `latest` is followed now: the
 * replay is a run itself, and will be the latest one.
 */
static char *find_run(const FlOptions *o, GError **error)
{
	const char *name = o->rest[0];
	g_autoptr(FlStore) store = NULL;
	g_autofree char *id = NULL;

	if (g_file_test(name, G_FILE_TEST_IS_DIR))
		return realpath(name, NULL);
	store = fl_store_open_old(o->out, error);
	if (!store)
		g_prefix_error(error, "%s is no folder of a run, and ", name);
	id = store ? fl_store_find(store, name, error) : NULL;
	return id ? g_build_filename(o->out, "runs", id, NULL) : NULL;
}

static void print_guest(const FlOptions *o, const FlGuestRecord *now, const FlReplayGuest *guest,
			const char *evidence)
{
	g_autofree char *order =
		g_build_filename(evidence, now->label, FL_RUNDIR_PATCH_ORDER, NULL);
	const FlRetrace *trace = &guest->retrace;
	FlReplayText text = {
		.label = now->label,
		.deterministic = now->deterministic,
		.same = guest->same,
		.ended_by_us = guest->ended_by_us,
		.file = guest->file,
		.line = guest->witness.line,
		.line_then = guest->witness.before,
		.line_now = guest->witness.now,
		.verdict_then = guest->verdict_then,
		.verdict_now = fl_verdict_name(now->verdict->kind),
		.traced = trace->compared,
		.trace_same = trace->same,
		.blocks = trace->same ? trace->total.blocks : trace->at.blocks,
		.instructions = trace->same ? trace->total.instructions : trace->at.instructions,
		.exact = trace->exact,
		.block_then = trace->then,
		.block_now = trace->now,
		.functions = guest->functions,
		.order = order,
		.until = o->until,
		.until_line = guest->until && guest->until->found ? guest->until->number : 0,
		.until_text = guest->until ? guest->until->line->str : NULL,
	};
	g_autofree char *words = fl_replay_text(&text);

	fputs(words, stdout);
}

static int report(const FlCli *cli, const FlOptions *o, const FlRunRecord *record,
		  const GPtrArray *guests, const char *evidence, GError **error)
{
	bool same = true, found = true;

	fl_log_clear();
	if (!o->until)
		fl_output_record(cli, o, record, evidence, false);
	for (guint i = 0; i < guests->len; i++) {
		const FlReplayGuest *guest = g_ptr_array_index(guests, i);
		const FlGuestRecord *now = g_ptr_array_index(record->guests, i);

		print_guest(o, now, guest, evidence);
		same = same && (guest->same || !now->deterministic) &&
		       (guest->retrace.same || !guest->retrace.compared);
		found = found && (!guest->until || guest->until->found);
	}
	if (o->until)
		printf("evidence: %s\n", evidence);
	fflush(stdout);
	if (!fl_output_files(o, record, evidence, error))
		return -1;
	if (!same || !found)
		return FL_EXIT_BROKEN;
	return o->until ? FL_EXIT_PASS : fl_exit_code_of_verdict(record->kind);
}

static bool check(const FlOptions *o, GError **error)
{
	const char *text = NULL;

	if (!o->rest || !o->rest[0] || o->rest[1])
		text = "expected one run, as in: faultline replay latest";
	else if (o->until && !*o->until)
		text = "--until: expected a text";
	else if (o->until && o->gdb)
		text = "--until ends the guest, --gdb waits for you: expected one of the two";
	if (text)
		g_set_error_literal(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, text);
	return !text;
}

/* As it was given, but with the run's folder: its name may mean another run the next time. */
static char *command_of(const FlCli *cli, char **given, const char *name, const char *path)
{
	unsigned n = g_strv_length(given), i = n - 1;

	while (i && strcmp(given[i], name) != 0)
		i--;
	g_free(given[i]);
	given[i] = g_strdup(path);
	return fl_command_given(cli->program, (int)n, given, NULL);
}

int fl_cmd_replay(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	View view = {.progress = {.cli = cli, .options = &options}, .options = &options};
	g_auto(GStrv) given = g_strdupv(argv);
	g_autoptr(FlRunRecord) record = NULL;
	g_autoptr(GPtrArray) guests = NULL;
	g_autofree char *path = NULL;
	g_autofree char *evidence = NULL;
	g_autofree char *stamp = fl_options_stamp();
	g_autofree char *command = NULL;

	if (!fl_options_parse(&options, FL_OPTIONS_REPORT | FL_OPTIONS_REPLAY | FL_OPTIONS_TRACE,
			      "RUN", SUMMARY, argc, argv, error) ||
	    !check(&options, error) || !(path = find_run(&options, error)))
		return -1;
	command = command_of(cli, given, options.rest[0], path);
	FlReplayRequest request = {
		.path = path,
		.out = options.out,
		.stamp = stamp,
		.command = command,
		.jobs = (unsigned)MAX(1, options.jobs),
		.timeout_scale = options.timeout_scale,
		.until = options.until,
		.gdb = options.gdb,
		.trace = options.trace,
		.events = fl_progress_events(&view.progress),
		.on_ready = on_ready,
	};

	if (fl_replay(cli->site, &request, &record, &evidence, &guests, error))
		return report(cli, &options, record, guests, evidence, error);
	if (evidence)
		g_prefix_error(error, "evidence so far: %s: ", evidence);
	return -1;
}
