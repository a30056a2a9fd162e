// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline shell: an interactive guest.
 */
#include "cli/options.h"
#include "flow/request.h"
#include "flow/shell.h"

#define SUMMARY                                                                                  \
	"Boots one kernel of the plan with an interactive shell on this terminal (default: the " \
	"first that the plan marks)."

static bool request_from(const FlOptions *options, const FlPlan *plan, FlShellRequest *ret_request,
			 GError **error)
{
	g_autoptr(GPtrArray) kernels =
		fl_request_kernels(plan, (const char *const *)options->kernels, error);

	if (!kernels)
		return false;
	if (options->kernels && kernels->len > 1) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "--kernel: a shell has one kernel, not %u", kernels->len);
		return false;
	}
	*ret_request = (FlShellRequest){
		.kernel = g_ptr_array_index(kernels, 0),
		.extra = fl_options_prepare(options),
		.cpus = options->cpus ? (unsigned)options->cpus : plan->cpu_counts[0],
		.memory_mib = options->memory_mib ? options->memory_mib : plan->memory_mib,
		.accel = options->accel,
		.seed = options->seed_text ? options->seed : plan->seed,
	};
	return true;
}

int fl_cmd_shell(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	g_autoptr(FlPlan) plan = NULL;
	FlShellRequest request;

	if (!fl_options_parse(&options, FL_OPTIONS_KERNEL | FL_OPTIONS_MACHINE, NULL, SUMMARY, argc,
			      argv, error))
		return -1;
	plan = fl_options_plan(&options, cli->site, error);
	if (!plan || !request_from(&options, plan, &request, error))
		return -1;
	return fl_shell(cli->site, &request, error) ? FL_EXIT_PASS : -1;
}
