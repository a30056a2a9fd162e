// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline build: the kernels of a plan, built or found in the cache.
 */
#include "base/fs.h"
#include "base/log.h"
#include "cli/options.h"

#include <stdio.h>

#define SUMMARY                                                                                \
	"Builds the kernels of a plan and prints where they are. What is in the cache is not " \
	"built again."

static void print_kernel(const FlPlanKernel *plan, const FlKernel *kernel)
{
	printf("%s %s%s\n", plan->name, kernel->release ? kernel->release : "",
	       kernel->was_cached ? " (cached)" : "");
	printf("  key      %s\n", kernel->key);
	printf("  bzImage  %s\n  sha256   %s\n", kernel->bzimage, kernel->bzimage_sha256);
	if (kernel->vmlinux)
		printf("  vmlinux  %s\n  config   %s\n  inputs   %s/inputs.json\n", kernel->vmlinux,
		       kernel->config, kernel->dir);
	fflush(stdout);
}

int fl_cmd_build(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	g_autoptr(FlPlan) plan = NULL;
	g_autoptr(GPtrArray) kernels = NULL;

	if (!fl_options_parse(&options, FL_OPTIONS_KERNEL | FL_OPTIONS_BUILD, NULL, SUMMARY, argc,
			      argv, error) ||
	    !(plan = fl_options_plan(&options, cli->site, error)))
		return -1;
	kernels = fl_request_kernels(plan, (const char *const *)options.kernels, error);
	if (!kernels || !fl_fs_mkdir(cli->site->cache_dir, error))
		return -1;
	for (guint i = 0; i < kernels->len; i++) {
		const FlPlanKernel *kernel = g_ptr_array_index(kernels, i);
		FlPrepare extra = fl_options_prepare(&options);
		g_autoptr(FlKernel) built = fl_prepare_kernel(cli->site, kernel, &extra, error);

		if (!built)
			return -1;
		fl_log_clear();
		print_kernel(kernel, built);
	}
	return FL_EXIT_PASS;
}
