// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline compare: what differs between two kernels, and whether the second is worse.
 */
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "flow/compare_guest.h"
#include "report/compare_text.h"

#include <stdio.h>
#include <string.h>

#define SUMMARY                                                                                    \
	"Runs the same tests on A and on B in turns, A B A B, with the same seeds, until the "     \
	"answer is clear or\n"                                                                     \
	"--repeat pairs have run. A and B are kernels of the plan or, with --kernel-tree, "        \
	"commits "                                                                                 \
	"of the tree; B alone is\n"                                                                \
	"compared with the kernel that it is based on, and without both the plan's first default " \
	"kernel is B. Says what is\n"                                                              \
	"new, fixed, in both or moved, for each test, splat and metric. Exit 0: nothing is shown " \
	"to be worse on B,\n"                                                                      \
	"1: something is, 3: the guests told nothing."

/* One of the two. */
typedef struct {
	const char *label;
	const char *kernels[2]; /* a list of one */
	const char *revision;	/* or NULL */
} Side;

static bool usage(GError **error, const char *text)
{
	g_set_error_literal(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, text);
	return false;
}

static bool check(const FlOptions *o, GError **error)
{
	unsigned words = o->rest ? g_strv_length(o->rest) : 0;

	if (words > 2)
		return usage(error, "expected A and B: two kernels of the plan, or two commits of "
				    "the --kernel-tree");
	if (o->image)
		return usage(error, "--image: expected A and B, kernels that are built");
	if (o->kernels && (!o->kernel_tree || o->kernels[1]))
		return usage(error, "--kernel: expected the one kernel of the plan on which "
				    "commits of the --kernel-tree are built; kernels to compare "
				    "are given as A and B");
	if (o->repeat < 2)
		return usage(error, "--repeat: expected at least 2 pairs");
	if (!(o->confidence >= 0.5 && o->confidence <= 0.9999))
		return usage(error, "--confidence: expected 0.5 to 0.9999");
	if (o->git_bisect)
		return usage(error, "--git-bisect is for faultline run");
	if (o->junit || o->ktap)
		return usage(error, "expected --json: a comparison has no --junit and no --ktap");
	return true;
}

/* ---- which two ---- */

static bool is_kernel(const FlPlan *plan, const char *word)
{
	return fl_plan_kernel(plan, word, NULL) != NULL;
}

/* A word of the command line: a kernel's name before a commit's. */
static bool side_of_word(const FlOptions *o, const FlPlan *plan, const char *word, Side *side,
			 GError **error)
{
	g_autoptr(GPtrArray) kernels = NULL;

	side->label = word;
	side->kernels[0] = word;
	if (!o->kernel_tree || is_kernel(plan, word))
		return fl_plan_kernel(plan, word, error) != NULL;
	kernels = fl_request_kernels(plan, (const char *const *)o->kernels, error);
	if (!kernels)
		return false;
	side->kernels[0] = ((const FlPlanKernel *)g_ptr_array_index(kernels, 0))->name;
	side->revision = word;
	return true;
}

/* B against what it is based on. */
static bool sides_of_kernel(const FlPlanKernel *kernel, Side *sides, GError **error)
{
	if (!kernel->base) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "%s is based on no kernel of the plan: expected A and B", kernel->name);
		return false;
	}
	sides[FL_COMPARE_A] = (Side){.label = kernel->base, .kernels = {kernel->base}};
	sides[FL_COMPARE_B] = (Side){.label = kernel->name, .kernels = {kernel->name}};
	return true;
}

static bool choose_sides(const FlOptions *o, const FlPlan *plan, Side *sides, GError **error)
{
	unsigned words = o->rest ? g_strv_length(o->rest) : 0;
	g_autoptr(GPtrArray) kernels = NULL;

	if (words == 2)
		return side_of_word(o, plan, o->rest[0], &sides[FL_COMPARE_A], error) &&
		       side_of_word(o, plan, o->rest[1], &sides[FL_COMPARE_B], error);
	kernels = fl_request_kernels(plan, (const char *const *)o->rest, error);
	return kernels && sides_of_kernel(g_ptr_array_index(kernels, 0), sides, error);
}

/* ---- the command ---- */

typedef struct {
	const FlCli *cli;
	const FlOptions *options;
	const Side *sides;
	const FlComparison *comparison;
	const char *command;
} View;

static FlCompareText text_of(const View *view, const FlCompare *compare, const GPtrArray *rows)
{
	return (FlCompareText){
		.a = view->sides[FL_COMPARE_A].label,
		.b = view->sides[FL_COMPARE_B].label,
		.rows = rows,
		.pairs = fl_compare_pairs(compare),
		.told = fl_compare_told(compare),
		.is_clear = view->comparison->is_clear,
		.shares_cpus = fl_compare_shares_cpus(compare),
		.confidence = view->options->confidence,
		.evidence = view->comparison->evidence,
		.command = view->command,
	};
}

static void on_told(const FlCompare *compare, const GPtrArray *rows, gpointer data)
{
	const View *view = data;
	FlCompareText text = text_of(view, compare, rows);
	g_autofree char *line = fl_compare_text_live(&text, (unsigned)view->options->repeat);

	fl_log_step("%s", line);
}

static void on_running(const FlGuestRecord *guest, const char *test, gpointer data)
{
	const View *view = data;

	fl_log_live("pair %u, %s: %s", fl_compare_pairs(view->comparison->compare) + 1,
		    guest->label, test);
}

static int report(const View *view, GError **error)
{
	const FlCompare *compare = view->comparison->compare;
	g_autoptr(GPtrArray) rows = fl_compare_rows(compare);
	FlCompareText text = text_of(view, compare, rows);
	g_autofree char *words = fl_compare_text(&text, view->options->verbose);
	g_autoptr(json_t) json = fl_compare_text_json(&text);

	fl_log_clear();
	fputs(words, stdout);
	fflush(stdout);
	if (view->options->json && !fl_json_write(view->options->json, json, error))
		return -1;
	if (!text.told)
		return FL_EXIT_BROKEN;
	return fl_compare_is_worse(rows) ? FL_EXIT_FAULT : FL_EXIT_PASS;
}

static FlRunRequest request_of(View *view, const FlPlan *plan, const Side *side)
{
	FlRunRequest request = fl_options_request(view->options, plan);

	request.kernels = side->kernels;
	request.extra.revision = side->revision;
	/* One machine for both: the plan may name several numbers of vCPUs. */
	if (!request.cpus)
		request.cpus = plan->cpu_counts[0];
	request.command = view->command;
	request.events = (FlTrialEvents){.on_running = on_running, .data = view};
	return request;
}

static int compare(View *view, const FlPlan *plan, GError **error)
{
	g_autofree char *stamp = fl_options_stamp();
	g_auto(FlComparison) comparison = {0};
	FlRunRequest a = request_of(view, plan, &view->sides[FL_COMPARE_A]);
	FlRunRequest b = request_of(view, plan, &view->sides[FL_COMPARE_B]);
	FlCompareGuest guest = {.site = view->cli->site,
				.sides = {&a, &b},
				.confidence = view->options->confidence,
				.told = on_told,
				.data = view};

	a.stamp = stamp;
	b.stamp = stamp;
	view->comparison = &comparison;
	if (!fl_compare_guest(&guest, &comparison, error)) {
		fl_log_clear();
		return -1;
	}
	return report(view, error);
}

int fl_cmd_compare(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	g_auto(GStrv) given = g_strdupv(argv);
	g_autoptr(FlPlan) plan = NULL;
	g_autofree char *command = NULL;
	Side sides[FL_COMPARE_SIDES] = {0};
	View view = {.cli = cli, .options = &options, .sides = sides};

	if (!fl_options_parse(&options,
			      FL_OPTIONS_KERNEL | FL_OPTIONS_MACHINE | FL_OPTIONS_RUN |
				      FL_OPTIONS_REPORT | FL_OPTIONS_COMPARE,
			      "[A] [B]", SUMMARY, argc, argv, error) ||
	    !check(&options, error) || !(plan = fl_options_plan(&options, cli->site, error)) ||
	    !choose_sides(&options, plan, sides, error))
		return -1;
	command =
		fl_command_given(cli->program, argc, given, options.seed_text ? NULL : &plan->seed);
	view.command = command;
	return compare(&view, plan, error);
}
