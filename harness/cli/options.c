// SPDX-License-Identifier: GPL-2.0-only
/*
 * From argv to values, and from values to what the flows take.
 */
#include "cli/options.h"

#include "base/log.h"
#include "cli/options_check.h"
#include "cli/options_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
			       .cpus = FL_OPTIONS_UNSET,
			       .jobs = FL_OPTIONS_UNSET,
			       .depth = FL_OPTIONS_UNSET};
	if (groups & FL_OPTIONS_COMPARE) {
		options->repeat = 10;
		options->confidence = 0.99;
	}
	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(context, summary);
	fl_options_table_add(context, options, groups, args);
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
	if (!fl_options_check(options, groups, args != NULL, error))
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
		options->plan ? g_strdup(options->plan) : fl_site_path(site, FL_OPTIONS_PLAN);

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
