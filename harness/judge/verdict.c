// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts as data: their names, their order from good to bad, making and freeing them.
 *
 * Decides nothing: that is ruling.c.
 */
#include "judge/verdict.h"

static const char *const names[] = {
	[FL_VERDICT_PASS] = "PASS", [FL_VERDICT_SKIP] = "SKIP", [FL_VERDICT_BROKEN] = "BROKEN",
	[FL_VERDICT_FAIL] = "FAIL", [FL_VERDICT_HANG] = "HANG", [FL_VERDICT_CRASH] = "CRASH",
};

const char *fl_verdict_name(FlVerdictKind kind)
{
	g_assert((size_t)kind < G_N_ELEMENTS(names));
	return names[kind];
}

bool fl_verdict_parse(const char *name, FlVerdictKind *ret_kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_strcmp0(names[i], name) == 0) {
			*ret_kind = (FlVerdictKind)i;
			return true;
		}
	}
	return false;
}

FlVerdictKind fl_verdict_worse(FlVerdictKind a, FlVerdictKind b)
{
	return a > b ? a : b;
}

static void metric_free(gpointer data)
{
	FlMetric *metric = data;

	g_free(metric->name);
	g_free(metric);
}

static void case_free(gpointer data)
{
	FlCase *one = data;

	g_free(one->name);
	g_free(one->reason);
	g_free(one);
}

FlTestResult *fl_verdict_test_new(const char *name)
{
	FlTestResult *test = g_new0(FlTestResult, 1);

	test->name = g_strdup(name);
	test->kind = FL_VERDICT_BROKEN;
	test->reason = g_strdup("");
	test->metrics = g_ptr_array_new_with_free_func(metric_free);
	test->cases = g_ptr_array_new_with_free_func(case_free);
	test->output = g_string_new(NULL);
	return test;
}

void fl_verdict_test_free(FlTestResult *test)
{
	if (!test)
		return;
	g_free(test->name);
	g_free(test->reason);
	g_ptr_array_unref(test->metrics);
	g_ptr_array_unref(test->cases);
	g_string_free(test->output, TRUE);
	g_free(test);
}

void fl_verdict_splat_free(FlSplat *splat)
{
	if (!splat)
		return;
	g_free(splat->kind);
	g_free(splat->title);
	g_free(splat->signature);
	g_free(splat->lock);
	g_free(splat->during);
	g_strfreev(splat->frames);
	g_strfreev(splat->source);
	g_free(splat);
}

FlVerdict *fl_verdict_new(void)
{
	FlVerdict *verdict = g_new0(FlVerdict, 1);

	verdict->kind = FL_VERDICT_BROKEN;
	verdict->reason = g_strdup("the run was not judged");
	verdict->tests = g_ptr_array_new_with_free_func((GDestroyNotify)fl_verdict_test_free);
	verdict->splats = g_ptr_array_new_with_free_func((GDestroyNotify)fl_verdict_splat_free);
	return verdict;
}

void fl_verdict_free(FlVerdict *verdict)
{
	if (!verdict)
		return;
	g_free(verdict->reason);
	g_ptr_array_unref(verdict->tests);
	g_ptr_array_unref(verdict->splats);
	g_free(verdict->hang);
	json_decref(verdict->autopsy);
	g_free(verdict->release);
	g_free(verdict);
}
