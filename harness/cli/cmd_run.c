// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline run: the main job.
 */
#include "base/log.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/output.h"
#include "flow/run.h"
#include "report/text.h"

#include <stdio.h>
#include <string.h>

#define SUMMARY                                                                                    \
	"Builds the kernels of a plan, boots each on several vCPUs, drives shared mappings hard, " \
	"and says\n"                                                                               \
	"PASS or FAIL. The evidence is in out/runs/, the newest at out/latest."

typedef struct {
	const FlCli *cli;
	const FlOptions *options;
	const FlGuestRecord *guest; /* whose tests were printed last */
} Progress;

static void on_ready(const FlRunRecord *record, gpointer data)
{
	const FlGuestRecord *guest;

	(void)data;
	if (record->guests->len == 0)
		return;
	guest = g_ptr_array_index(record->guests, 0);
	fl_log_step("%u guest%s, %u vCPU%s, %u MiB, seed %" G_GUINT64_FORMAT ", %s: %s",
		    record->guests->len, record->guests->len == 1 ? "" : "s", guest->cpus,
		    guest->cpus == 1 ? "" : "s", guest->memory_mib, guest->seed, guest->accel,
		    guest->accel_reason);
}

static void on_running(const FlGuestRecord *guest, const char *test, gpointer data)
{
	(void)data;
	fl_log_live("%s: %s", guest->label, test);
}

/* Tests stand below the guest that they ran on, also where several guests run at a time. */
static void print_guest(Progress *progress, const FlGuestRecord *guest)
{
	if (progress->guest == guest)
		return;
	progress->guest = guest;
	printf("%s%s%s\n", guest->label, guest->release ? ", " : "",
	       guest->release ? guest->release : "");
}

static void on_test(const FlGuestRecord *guest, const FlTestResult *test, gpointer data)
{
	Progress *progress = data;
	g_autofree char *line = NULL;

	if (progress->options->quiet)
		return;
	line = fl_text_test(test, progress->cli->color);
	fl_log_clear();
	print_guest(progress, guest);
	puts(line);
	fflush(stdout);
}

static void append_quoted(GString *line, const char *word)
{
	g_autofree char *quoted = g_shell_quote(word);
	bool is_plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789-_./=,:+@%") == strlen(word);

	g_string_append_printf(line, "%s%s", line->len ? " " : "", is_plain ? word : quoted);
}

/* The command line as it was given, with the seed that was used. */
static char *repeat_command(const FlCli *cli, int argc, char **argv, uint64_t seed, bool has_seed)
{
	GString *line = g_string_new(NULL);
	g_autofree char *seed_text = g_strdup_printf("%" G_GUINT64_FORMAT, seed);

	append_quoted(line, cli->program);
	for (int i = 0; i < argc; i++)
		append_quoted(line, argv[i]);
	if (!has_seed) {
		append_quoted(line, "--seed");
		append_quoted(line, seed_text);
	}
	return g_string_free(line, FALSE);
}

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
	if (!fl_output_github(record, evidence, error) || !fl_output_files(options, record, error))
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
	Progress progress = {.cli = cli, .options = &options};
	bool ok;

	if (!fl_options_parse(&options,
			      FL_OPTIONS_KERNEL | FL_OPTIONS_MACHINE | FL_OPTIONS_RUN |
				      FL_OPTIONS_REPORT,
			      NULL, SUMMARY, argc, argv, error))
		return -1;
	cli->git_bisect = options.git_bisect;
	plan = fl_options_plan(&options, cli->site, error);
	if (!plan)
		return -1;
	command = repeat_command(cli, argc, given, options.seed_text ? options.seed : plan->seed,
				 options.seed_text != NULL);
	FlRunRequest request = fl_options_request(&options, plan);

	request.stamp = stamp;
	request.command = command;
	request.events =
		(FlTrialEvents){.on_test = on_test, .on_running = on_running, .data = &progress};
	request.on_ready = on_ready;
	ok = fl_run(cli->site, &request, &record, &evidence, error);
	return finish(cli, &options, ok, record, evidence, error);
}
