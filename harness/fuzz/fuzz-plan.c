// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that a user writes: a plan, a set of splat rules, a list of orders. An error names file and line.
 */
#include "fuzz/fuzz.h"

#include "plan/plan.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(FlPlan) plan = fl_plan_load(path, FL_TEST_SRCDIR, &error);

	g_assert(!plan == (error != NULL));
	g_assert(plan || strstr(error->message, path));
	return 0;
}
