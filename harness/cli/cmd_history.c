// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline history: what was run, with what result, and how often each test fails.
 */
#include "base/json.h"
#include "base/log.h"
#include "cli/options.h"
#include "report/text.h"
#include "store/store.h"

#include <stdio.h>

#define SUMMARY                                                                             \
	"Lists the runs in the output folder, newest first, and for each test in how many " \
	"runs it failed.\n"                                                                 \
	"--rebuild makes the database again from the evidence folders."

typedef struct {
	json_t *runs, *rates;
	bool all_rates;
} Lists;

static void take_run(const char *const *columns, gpointer data)
{
	Lists *lists = data;
	g_autofree char *reason = fl_text_plain(columns[2]);

	json_array_append_new(lists->runs,
			      json_pack("{s:o, s:s, s:o, s:I, s:I, s:I}", "id",
					fl_json_string(columns[0]), "verdict", columns[1], "reason",
					fl_json_string(columns[2]), "guests",
					(json_int_t)g_ascii_strtoll(columns[3], NULL, 10), "passed",
					(json_int_t)g_ascii_strtoll(columns[4], NULL, 10), "failed",
					(json_int_t)g_ascii_strtoll(columns[5], NULL, 10)));
	printf("%-18s %-6s %4s passed %3s failed  %.100s\n", columns[0], columns[1], columns[4],
	       columns[5], reason);
}

static void take_rate(const char *const *columns, gpointer data)
{
	Lists *lists = data;
	gint64 runs = g_ascii_strtoll(columns[2], NULL, 10);
	gint64 failures = g_ascii_strtoll(columns[3], NULL, 10);
	g_autofree char *test = fl_text_plain(columns[1]);

	json_array_append_new(lists->rates,
			      json_pack("{s:o, s:o, s:I, s:I}", "kernel",
					fl_json_string(columns[0]), "test",
					fl_json_string(columns[1]), "runs", (json_int_t)runs,
					"failures", (json_int_t)failures));
	if (failures || lists->all_rates)
		printf("%-20s %-30s failed in %s of %s runs (%.1f %%)\n", columns[0], test,
		       columns[3], columns[2], 100.0 * (double)failures / (double)runs);
}

static bool is_filtered(const FlStoreFilter *filter)
{
	return filter->kernel || filter->test || filter->verdict || filter->signature;
}

static bool list(FlStore *store, const FlOptions *o, Lists *lists, GError **error)
{
	FlStoreFilter filter = {.kernel = o->kernels ? o->kernels[0] : NULL,
				.test = o->tests ? o->tests[0] : NULL,
				.verdict = o->verdict,
				.signature = o->signature};
	g_autoptr(json_t) both = NULL;

	if (!fl_store_runs(store, &filter, take_run, lists, error) ||
	    !fl_store_rates(store, &filter, take_rate, lists, error))
		return false;
	if (!json_array_size(lists->runs))
		fl_log_step("there is no %srun in %s", is_filtered(&filter) ? "such " : "", o->out);
	fflush(stdout);
	both = json_pack("{s:O, s:O}", "runs", lists->runs, "tests", lists->rates);
	return !o->json || fl_json_write(o->json, both, error);
}

int fl_cmd_history(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) o = {0};
	g_autoptr(FlStore) store = NULL;
	g_autoptr(json_t) runs = json_array();
	g_autoptr(json_t) rates = json_array();
	Lists lists = {.runs = runs, .rates = rates};
	unsigned n;

	(void)cli;
	if (!fl_options_parse(&o, FL_OPTIONS_STORE | FL_OPTIONS_HISTORY, NULL, SUMMARY, argc, argv,
			      error) ||
	    !(store = fl_store_open_old(o.out, error)))
		return -1;
	lists.all_rates = o.tests != NULL;
	if (o.rebuild) {
		if (!fl_store_rebuild(store, o.out, &n, error))
			return -1;
		printf("%u runs found in %s/runs\n", n, o.out);
		return FL_EXIT_PASS;
	}
	return list(store, &o, &lists, error) ? FL_EXIT_PASS : -1;
}
