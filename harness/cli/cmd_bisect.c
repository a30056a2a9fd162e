// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline bisect: which commit, patch or option brought a fault, and how sure that is.
 */
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "flow/bisect_guest.h"
#include "report/bisect_text.h"

#include <stdio.h>
#include <string.h>

#define SUMMARY                                                                               \
	"Finds what made a test, or one splat signature, go bad: a commit of a git tree "     \
	"(--kernel-tree DIR --good REV\n"                                                     \
	"--bad REV), a patch of a series (--series DIR), or an option (two configuration "    \
	"fragments: --config GOOD BAD).\nFlaky "                                              \
	"faults are found by probability, in deterministic guests if those show them first. " \
	"The same command\n"                                                                  \
	"goes on with a bisect that was stopped. Exit 0: found, 3: not sure enough, or the "  \
	"fault does not show."

static bool usage(GError **error, const char *text)
{
	g_set_error_literal(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, text);
	return false;
}

/*
 * "--config GOOD BAD": everywhere else --config takes one fragment, so BAD is left over. A fragment for
 * all candidates is then a second --config before it.
 */
static void take_config_words(FlOptions *o)
{
	unsigned n = o->fragments ? g_strv_length(o->fragments) : 0;
	char **words;

	if (!n || o->good || o->bad || o->series || !o->rest || !o->rest[0] || o->rest[1])
		return;
	words = g_new0(char *, 3);
	words[0] = o->fragments[n - 1];
	words[1] = o->rest[0];
	o->fragments[n - 1] = NULL;
	g_free(o->rest);
	o->rest = words;
}

static bool check(const FlOptions *o, GError **error)
{
	unsigned words = o->rest ? g_strv_length(o->rest) : 0;
	bool commits = o->good || o->bad;

	if (commits + (o->series != NULL) + (words > 0) != 1 || (words && words != 2) ||
	    (commits && !(o->good && o->bad && o->kernel_tree)))
		return usage(error, "expected --kernel-tree DIR --good REV --bad REV, or --series "
				    "DIR, or two configuration fragments: --config GOOD BAD");
	if (o->image)
		return usage(error, "--image cannot be bisected: there is nothing to build");
	if (o->kernels && o->kernels[1])
		return usage(error, "--kernel: expected one kernel of the plan, on which all "
				    "candidates are built");
	if (!(o->confidence >= 0.5 && o->confidence < 1))
		return usage(error, "--confidence: expected 0.5 to 0.999");
	if (!(o->rate >= 0 && o->rate < 1))
		return usage(error, "--rate: expected a number between 0 and 1, as 0.1 for a fault "
				    "that shows in one of ten runs");
	return true;
}

static bool check_words(FlOptions *o, GError **error)
{
	take_config_words(o);
	return check(o, error);
}

/* The same question has the same folder: that is how a bisect that was stopped is found again. */
static char *folder_of(const FlOptions *o, uint64_t seed, const char *const *words, size_t n)
{
	g_autoptr(json_t) question = json_array();
	g_autofree char *hash = NULL;
	g_autofree char *id = NULL;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(question, fl_json_string_or_null(words[i]));
	json_array_append_new(question, fl_json_strings(o->tests));
	json_array_append_new(question, fl_json_strings(o->patches));
	json_array_append_new(question, fl_json_strings(o->fragments));
	json_array_append_new(question, json_integer((json_int_t)seed));
	json_array_append_new(question, json_integer(o->cpus));
	json_array_append_new(question, json_boolean(o->deterministic));
	json_array_append_new(question, json_integer(o->yield_depth));
	hash = fl_hash_json(question);
	id = g_strndup(hash, 12);
	return g_build_filename(o->out, "bisect", id, NULL);
}

static FlBisectRange *make_range(const FlOptions *o, const FlSite *site, const char *folder,
				 GError **error)
{
	if (o->series)
		return fl_bisect_range_series(o->series, error);
	if (o->good)
		return fl_bisect_range_commits(o->kernel_tree, o->good, o->bad, site->cancel,
					       error);
	g_assert(o->rest); /* what was asked for has been checked */
	return fl_bisect_range_options(o->rest[0], o->rest[1], folder, error);
}

static void on_told(const json_t *entry, const FlBisectStep *next, gpointer data)
{
	g_autofree char *line = fl_bisect_text_entry(entry, next->confidence);

	(void)data;
	fl_log_step("%s", line);
}

static const char *outcome_of(const FlBisectResult *result)
{
	switch (result->end.what) {
	case FL_BISECT_RUN:
	case FL_BISECT_FOUND:
		break;
	case FL_BISECT_BUDGET:
		return "not sure enough within --max-runs, or what is left cannot be run";
	case FL_BISECT_NOT_SEEN:
		return "the bad end did not show the fault in any of its runs";
	case FL_BISECT_BAD_BROKEN:
		return "the bad end cannot be built, or ends before it tells";
	}
	return NULL;
}

static int report(const FlOptions *o, const FlBisectRange *range, const FlBisectResult *result,
		  const char *journal, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new();
	g_autoptr(GPtrArray) subjects = g_ptr_array_new();
	g_autofree char *text = NULL;
	g_autoptr(json_t) json = NULL;
	bool searched = result->end.what == FL_BISECT_FOUND || result->end.what == FL_BISECT_BUDGET;

	for (guint i = 0; searched && i < result->culprits->len; i++) {
		const FlBisectCandidate *candidate =
			range->candidates->pdata[g_array_index(result->culprits, unsigned, i)];

		g_ptr_array_add(ids, candidate->id);
		g_ptr_array_add(subjects, candidate->subject);
	}
	g_ptr_array_add(ids, NULL);
	FlBisectReport told = {
		.found = result->end.what == FL_BISECT_FOUND,
		.outcome = outcome_of(result),
		.confidence = result->end.confidence,
		.ids = (const char *const *)ids->pdata,
		.subjects = (const char *const *)subjects->pdata,
		.runs = result->runs,
		.builds = result->builds,
		.deterministic = result->deterministic || o->deterministic,
		.last_good = result->last_good,
		.first_bad = result->first_bad,
		.journal = journal,
		.entries = result->journal,
	};
	text = fl_bisect_text(&told);
	json = fl_bisect_text_json(&told);
	fl_log_clear();
	fputs(text, stdout);
	fflush(stdout);
	if (o->json && !fl_json_write(o->json, json, error))
		return -1;
	return told.found ? FL_EXIT_PASS : FL_EXIT_BROKEN;
}

/* A rate is that of guests as they were asked for. */
static bool is_fixed_way(const FlOptions *o)
{
	return o->deterministic || o->rate > 0 || strcmp(o->accel, "kvm") == 0;
}

static int walk(FlCli *cli, const FlOptions *o, const FlPlan *plan, const FlPlanKernel *kernel,
		GError **error)
{
	uint64_t seed = o->seed_text ? o->seed : plan->seed;
	const char *words[] = {kernel->name,
			       o->kernel_tree,
			       o->good,
			       o->bad,
			       o->series,
			       o->signature,
			       o->rest ? o->rest[0] : NULL,
			       o->rest ? o->rest[1] : NULL};
	g_autofree char *folder = folder_of(o, seed, words, G_N_ELEMENTS(words));
	g_autofree char *journal = g_build_filename(folder, "journal.json", NULL);
	g_autofree char *stamp = fl_options_stamp();
	g_autoptr(FlBisectRange) range = NULL;
	g_autoptr(FlBisectAhead) ahead = fl_bisect_ahead_new(cli->site, plan->path, kernel->name);
	g_auto(FlBisectResult) result = {0};
	FlRunRequest request = fl_options_request(o, plan);
	FlBisectRules rules = fl_bisect_engine_rules(o->confidence, o->rate, (unsigned)o->max_runs);
	FlBisectGuest guest = {
		.site = cli->site,
		.kernel = kernel,
		.request = &request,
		.ahead = ahead,
		.target = {.tests = (const char *const *)o->tests, .signature = o->signature},
		.seed = seed,
		.fixed_way = is_fixed_way(o),
		.told = on_told,
	};

	request.stamp = stamp;
	if (!fl_fs_mkdir(folder, error) || !fl_fs_mkdir(cli->site->cache_dir, error) ||
	    !(range = make_range(o, cli->site, folder, error)))
		return -1;
	guest.range = range;
	FlBisectHands hands = fl_bisect_guest_hands(&guest);

	fl_log_step("bisecting %u candidates; journal: %s", range->candidates->len - 1, journal);
	if (!fl_bisect(range->candidates, &rules, &hands, journal, &result, error))
		return -1;
	return report(o, range, &result, journal, error);
}

int fl_cmd_bisect(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	g_autoptr(FlPlan) plan = NULL;
	g_autoptr(GPtrArray) kernels = NULL;

	if (!fl_options_parse(&options,
			      FL_OPTIONS_KERNEL | FL_OPTIONS_MACHINE | FL_OPTIONS_RUN |
				      FL_OPTIONS_REPORT | FL_OPTIONS_BISECT,
			      "[GOOD BAD]", SUMMARY, argc, argv, error) ||
	    !check_words(&options, error) || !(plan = fl_options_plan(&options, cli->site, error)))
		return -1;
	kernels = fl_request_kernels(plan, (const char *const *)options.kernels, error);
	if (!kernels)
		return -1;
	return walk(cli, &options, plan, g_ptr_array_index(kernels, 0), error);
}
