// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the kernels that are named, or those that the plan marks.
 */
#include "flow/request.h"

static GPtrArray *named_kernels(const FlPlan *plan, const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) kernels = g_ptr_array_new();

	for (; *names; names++) {
		const FlPlanKernel *kernel = fl_plan_kernel(plan, *names, error);

		if (!kernel)
			return NULL;
		if (!g_ptr_array_find(kernels, kernel, NULL))
			g_ptr_array_add(kernels, (gpointer)kernel);
	}
	return g_steal_pointer(&kernels);
}

GPtrArray *fl_request_kernels(const FlPlan *plan, const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) kernels = g_ptr_array_new();

	if (names && *names)
		return named_kernels(plan, names, error);
	for (guint i = 0; i < plan->kernels->len; i++) {
		const FlPlanKernel *kernel = g_ptr_array_index(plan->kernels, i);

		if (kernel->is_default)
			g_ptr_array_add(kernels, (gpointer)kernel);
	}
	if (kernels->len == 0) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "%s marks no kernel with \"default = yes\": name one with --kernel",
			    plan->path);
		return NULL;
	}
	return g_steal_pointer(&kernels);
}
