// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams of results in a console log, one parser each.
 */
#include "judge/logtests.h"

#include "judge/ktap.h"

struct FlLogtests {
	FlKtap *ktap; /* of the stream that goes on, NULL before the first */
	GPtrArray *results;
	char *problem; /* of a stream that is over */
	unsigned number;
	FlExplain *explain;
	const char *file;
};

FlLogtests *fl_logtests_new(FlExplain *explain, const char *file)
{
	FlLogtests *logtests = g_new0(FlLogtests, 1);

	logtests->explain = explain;
	logtests->file = file;
	logtests->results = g_ptr_array_new_with_free_func((GDestroyNotify)fl_verdict_test_free);
	return logtests;
}

void fl_logtests_free(FlLogtests *logtests)
{
	if (!logtests)
		return;
	fl_ktap_free(logtests->ktap);
	g_ptr_array_unref(logtests->results);
	g_free(logtests->problem);
	g_free(logtests);
}

static void take_result(FlKtapResult *result, gpointer data)
{
	FlLogtests *logtests = data;
	FlTestResult *test = fl_verdict_test_new(result->name);

	test->kind = result->kind;
	g_free(test->reason);
	test->reason = g_strdup(result->reason);
	g_ptr_array_unref(test->cases);
	test->cases = g_ptr_array_ref(result->cases);
	g_ptr_array_add(logtests->results, test);
	fl_explain_line(logtests->explain, logtests->file, logtests->number, "result of %s: %s%s%s",
			test->name, fl_verdict_name(test->kind), *test->reason ? ": " : "",
			test->reason);
}

static char *stream_problem(const FlKtap *ktap)
{
	const char *bailed = fl_ktap_bailed(ktap);

	if (bailed)
		return g_strdup_printf("the tests in it gave up: %s",
				       *bailed ? bailed : "they did not say why");
	return fl_ktap_problem(ktap);
}

/* The stream before it is over. */
static void begin_stream(FlLogtests *logtests)
{
	if (logtests->ktap && !logtests->problem)
		logtests->problem = stream_problem(logtests->ktap);
	fl_ktap_free(logtests->ktap);
	logtests->ktap = fl_ktap_new(take_result, logtests);
}

void fl_logtests_line(FlLogtests *logtests, const char *text, unsigned number)
{
	logtests->number = number;
	/* Every line of the log comes by here. */
	if ((*text == 'K' && g_str_has_prefix(text, "KTAP version ")) ||
	    (*text == 'T' && g_str_has_prefix(text, "TAP version ")))
		begin_stream(logtests);
	if (logtests->ktap)
		fl_ktap_line(logtests->ktap, text);
}

const GPtrArray *fl_logtests_results(const FlLogtests *logtests)
{
	return logtests->results;
}

char *fl_logtests_problem(const FlLogtests *logtests)
{
	if (logtests->problem)
		return g_strdup(logtests->problem);
	return logtests->ktap ? stream_problem(logtests->ktap) : NULL;
}
