// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline run: the main job.
 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "flow/run.h"

#define SUMMARY                                                                                    \
	"Builds the kernels of a plan, boots each on several vCPUs, drives shared mappings hard, " \
	"and says\n"                                                                               \
	"PASS or FAIL. The evidence is in out/runs/, the newest at out/latest."

static int finish(const FlCli *cli, const FlOptions *options, bool ok, FlRunRecord *record,
		  const char *evidence, GError **error)
{
	fl_log_clear();
	if (!ok) {
		if (evidence)
			g_prefix_error(error, "evidence so far: %s: ", evidence);
		return -1;
	}
	fl_output_record(cli, options, record, evidence, false);
	if (!fl_output_files(options, record, evidence, error) ||
	    !fl_output_github(record, evidence, error))
		return -1;
	if (cli->git_bisect)
		return fl_exit_code_of_sight(fl_target_look_run(
			&(FlTarget){.tests = (const char *const *)options->tests}, record));
	return fl_exit_code_of_verdict(record->kind);
}

int fl_cmd_run(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	g_auto(GStrv) given = g_strdupv(argv);
	g_autoptr(FlPlan) plan = NULL;
	g_autoptr(FlRunRecord) record = NULL;
	g_autofree char *evidence = NULL;
	g_autofree char *stamp = fl_options_stamp();
	g_autofree char *command = NULL;
	FlProgress progress = {.cli = cli, .options = &options};
	bool ok;

	if (!fl_options_parse(&options,
			      FL_OPTIONS_KERNEL | FL_OPTIONS_MACHINE | FL_OPTIONS_RUN |
				      FL_OPTIONS_REPORT | FL_OPTIONS_TRACE | FL_OPTIONS_RESTORE |
				      FL_OPTIONS_ISOLATE,
			      NULL, SUMMARY, argc, argv, error))
		return -1;
	cli->git_bisect = options.git_bisect;
	if (options.trace && !options.deterministic) {
		g_set_error_literal(
			error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			"--trace needs --deterministic: vCPUs that run in parallel have "
			"no one order to be traced");
		return -1;
	}
	plan = fl_options_plan(&options, cli->site, error);
	if (!plan)
		return -1;
	command =
		fl_command_given(cli->program, argc, given, options.seed_text ? NULL : &plan->seed);
	FlRunRequest request = fl_options_request(&options, plan);

	request.stamp = stamp;
	request.command = command;
	request.events = fl_progress_events(&progress);
	request.on_ready = fl_progress_ready;
	ok = fl_run(cli->site, &request, &record, &evidence, error);
	return finish(cli, &options, ok, record, evidence, error);
}
