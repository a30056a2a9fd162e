// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which options a verb takes, which values it refuses, and what becomes of the others.
 */
#include "cli/options.h"

#include <string.h>

/* Words between blanks, behind the verb; the error's text, or NULL. The caller frees. */
static char *parse(const char *words, FlOptionGroups groups, FlOptions *ret_options)
{
	g_autofree char *line = g_strconcat("verb ", words, NULL);
	g_auto(GStrv) all = g_strsplit(g_strchomp(line), " ", -1);
	/* GOption moves what it takes out of argv. */
	g_autofree char **argv = g_memdup2(all, (g_strv_length(all) + 1) * sizeof(*all));
	g_autoptr(GError) error = NULL;

	if (fl_options_parse(ret_options, groups, NULL, "", (int)g_strv_length(all), argv, &error))
		return NULL;
	return g_strdup(error->message);
}

static const struct {
	FlOptionGroups group;
	const char *words;
} options[] = {
	{FL_OPTIONS_KERNEL, "--plan p --kernel k --kernel-tree /tmp --jobs 2"},
	{FL_OPTIONS_KERNEL, "--image /bin/sh"},
	{FL_OPTIONS_KERNEL, "--patch /bin/sh --config /bin/sh"},
	{FL_OPTIONS_MACHINE, "--cpus 2 --memory 1G --accel tcg --seed 3 --deterministic"},
	{FL_OPTIONS_RUN, "--test t --repeat 2 --fail-fast --timeout-scale 2 --git-bisect --out o"},
	{FL_OPTIONS_RUN, "--strategy none"},
	{FL_OPTIONS_REPORT, "--json j --junit j --ktap k"},
	{FL_OPTIONS_STORE, "--out o --json j"},
	{FL_OPTIONS_TRACE, "--trace"},
	{FL_OPTIONS_HISTORY, "--kernel k --test t --verdict PASS --signature s --rebuild"},
	{FL_OPTIONS_REPLAY, "--out o --jobs 1 --timeout-scale 2 --until line --gdb"},
	{FL_OPTIONS_EXPLORE, "--seeds 1..2 --for 1m --keep-going"},
	{FL_OPTIONS_BISECT,
	 "--good g --bad b --series s --signature s --confidence 0.9 --rate 0.5 --max-runs 3"},
	{FL_OPTIONS_COMPARE, "--confidence 0.9"},
	{FL_OPTIONS_JUDGE, "--explain"},
	{FL_OPTIONS_ISOLATE, "--isolate"},
	{FL_OPTIONS_RESTORE, "--restore"},
};

static void each_group_has_its_options(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		g_auto(FlOptions) with = {0};
		g_auto(FlOptions) without = {0};
		g_autofree char *taken = parse(options[i].words, options[i].group, &with);
		g_autofree char *refused = parse(options[i].words, 0, &without);
		const char *first_blank = strchr(options[i].words, ' ');
		g_autofree char *first = g_strndup(
			options[i].words, first_blank ? (gsize)(first_blank - options[i].words)
						      : strlen(options[i].words));

		g_assert_cmpstr(taken, ==, NULL);
		g_assert_nonnull(refused);
		g_assert_nonnull(strstr(refused, first));
	}
}

static void a_commit_belongs_to_a_tree(void)
{
	g_auto(FlOptions) with = {0};
	g_auto(FlOptions) without = {0};
	FlOptionGroups groups = FL_OPTIONS_KERNEL | FL_OPTIONS_BUILD;
	g_autofree char *taken = parse("--kernel-tree /tmp --revision HEAD", groups, &with);
	g_autofree char *refused = parse("--revision HEAD", groups, &without);

	g_assert_cmpstr(taken, ==, NULL);
	g_assert_cmpstr(refused, ==,
			"--revision: expected --kernel-tree DIR, of which it is a commit");
}

#define ANY                                                                           \
	(FL_OPTIONS_KERNEL | FL_OPTIONS_MACHINE | FL_OPTIONS_RUN | FL_OPTIONS_TRACE | \
	 FL_OPTIONS_BISECT)

static const struct {
	const char *words, *expected;
	FlOptionGroups groups;
} wrong[] = {
	{"patched", "\"patched\" is not an option; --help lists them", ANY},
	{"--quiet --verbose", "--quiet and --verbose exclude each other", ANY},
	{"--cpus 9", "--cpus: expected 1 to 8, found 9", ANY},
	{"--cpus 0", "--cpus: expected 1 to 8, found 0", ANY},
	{"--cpus -1", "--cpus: expected 1 to 8, found -1", ANY},
	{"--memory lots", "--memory: expected 128M to 64G, found \"lots\"", ANY},
	{"--seed pi", "--seed: expected a whole number, found \"pi\"", ANY},
	{"--seed -1", "--seed: expected a whole number, found \"-1\"", ANY},
	{"--repeat 0", "--repeat: expected 1 to 100000, found 0", ANY},
	{"--repeat 100001", "--repeat: expected 1 to 100000, found 100001", ANY},
	{"--jobs 0", "--jobs: expected 1 to 256, found 0", ANY},
	{"--jobs -1", "--jobs: expected 1 to 256, found -1", ANY},
	{"--jobs 257", "--jobs: expected 1 to 256, found 257", ANY},
	{"--max-runs 0", "--max-runs: expected 1 to 100000, found 0", ANY},
	{"--timeout-scale 0", "--timeout-scale: expected 0.01 to 1000, found 0", ANY},
	{"--timeout-scale nan", "--timeout-scale: expected 0.01 to 1000, found nan", ANY},
	{"--timeout-scale 1001", "--timeout-scale: expected 0.01 to 1000, found 1001", ANY},
	{"--kernel-tree /no/tree", "--kernel-tree: /no/tree is not a folder", ANY},
	{"--image /no/image", "--image: /no/image is not a file", ANY},
	{"--patch /no/patch", "--patch: /no/patch is not a file", ANY},
	{"--config /no/config", "--config: /no/config is not a file", ANY},
	{"--image /bin/sh --kernel-tree /tmp", "--image is booted as it is", ANY},
	{"--image /bin/sh --patch /bin/sh", "--image is booted as it is", ANY},
	{"--image /bin/sh --config /bin/sh", "--image is booted as it is", ANY},
	{"--deterministic --accel kvm", "--deterministic needs --accel tcg", ANY},
	{"--deterministic --strategy pct", "--strategy: expected none or points, found \"pct\"",
	 ANY},
	{"--strategy points", "--strategy points: needs --deterministic", ANY},
	{"--deterministic --strategy points --image /bin/sh",
	 "--strategy points: needs a module of ours, and --image comes without", ANY},
	{"--deterministic --depth 2", "--depth: expected --strategy points beside it", ANY},
	{"--deterministic --strategy points --depth 0", "--depth: expected 1 to 8, found 0", ANY},
	{"--deterministic --strategy points --depth 9", "--depth: expected 1 to 8, found 9", ANY},
	{"--json /tmp", "--json: /tmp is a folder, expected a file", FL_OPTIONS_REPORT},
	{"--junit /no/x", "--junit: there is no folder /no for /no/x", FL_OPTIONS_REPORT},
	{"--ktap /no/x", "--ktap: there is no folder /no for /no/x", FL_OPTIONS_REPORT},
	{"--seeds 5..4", "--seeds: expected A..B", FL_OPTIONS_EXPLORE},
	{"--seeds 5", "--seeds: expected A..B", FL_OPTIONS_EXPLORE},
	{"--seeds 0..1000000", "--seeds: expected A..B", FL_OPTIONS_EXPLORE},
	{"--for 10", "--for: expected a time as 90s, 10m or 2h, found \"10\"", FL_OPTIONS_EXPLORE},
	{"--for 0s", "--for: expected a time", FL_OPTIONS_EXPLORE},
	{"--for 1d", "--for: expected a time", FL_OPTIONS_EXPLORE},
	{"--for 1hm", "--for: expected a time", FL_OPTIONS_EXPLORE},
};

static void wrong_values_are_refused(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_auto(FlOptions) o = {0};
		g_autofree char *message = parse(wrong[i].words, wrong[i].groups, &o);

		g_test_message("%s: %s", wrong[i].words, message ? message : "taken");
		g_assert_true(message && g_str_has_prefix(message, wrong[i].expected));
	}
}

static void values_become_numbers(void)
{
	g_auto(FlOptions) run = {0};
	g_auto(FlOptions) seeds = {0};
	g_autofree char *first =
		parse("--memory 2G --seed 18446744073709551615 --deterministic --strategy points "
		      "--depth 2",
		      ANY, &run);
	g_autofree char *second = parse("--seeds 3..5 --for 2h", FL_OPTIONS_EXPLORE, &seeds);

	g_assert_cmpstr(first, ==, NULL);
	g_assert_cmpuint(run.memory_mib, ==, 2048);
	g_assert_true(run.seed == UINT64_MAX);
	g_assert_cmpuint(run.yield_depth, ==, 2);
	g_assert_cmpstr(second, ==, NULL);
	g_assert_true(seeds.first_seed == 3 && seeds.last_seed == 5);
	g_assert_true(seeds.duration_s > 7199 && seeds.duration_s < 7201);
}

static void check_depth(const char *words, FlOptionGroups groups, unsigned expected)
{
	g_auto(FlOptions) o = {0};
	g_autofree char *message = parse(words, groups, &o);

	g_assert_cmpstr(message, ==, NULL);
	g_assert_cmpuint(o.yield_depth, ==, expected);
}

static void vcpus_give_way_where_it_is_explored(void)
{
	check_depth("--deterministic", ANY, 0);
	check_depth("--deterministic --strategy points", ANY, FL_YIELDS_DEPTH);
	check_depth("", ANY | FL_OPTIONS_EXPLORE, FL_YIELDS_DEPTH);
	check_depth("--strategy none", ANY | FL_OPTIONS_EXPLORE, 0);
	check_depth("--image /bin/sh", ANY | FL_OPTIONS_EXPLORE, 0);
}

static void what_is_not_given_has_its_default(void)
{
	g_auto(FlOptions) run = {0};
	g_auto(FlOptions) compare = {0};
	g_auto(FlOptions) timed = {0};
	g_autofree char *first = parse("", ANY | FL_OPTIONS_EXPLORE, &run);
	g_autofree char *second = parse("", ANY | FL_OPTIONS_COMPARE, &compare);
	g_autofree char *third = parse("--for 1s", FL_OPTIONS_EXPLORE, &timed);

	g_assert_true(!first && !second && !third);
	g_assert_cmpint(run.repeat, ==, 1);
	g_assert_cmpint(run.max_runs, ==, 400);
	g_assert_cmpstr(run.accel, ==, "auto");
	g_assert_cmpstr(run.out, ==, "out");
	g_assert_true(run.first_seed == 1 && run.last_seed == 100);
	g_assert_cmpint(compare.repeat, ==, 10);
	g_assert_true(compare.confidence > run.confidence);
	g_assert_true(timed.last_seed > run.last_seed);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/options/each-group-has-its-options", each_group_has_its_options);
	g_test_add_func("/options/a-commit-belongs-to-a-tree", a_commit_belongs_to_a_tree);
	g_test_add_func("/options/wrong-values-are-refused", wrong_values_are_refused);
	g_test_add_func("/options/values-become-numbers", values_become_numbers);
	g_test_add_func("/options/vcpus-give-way-where-it-is-explored",
			vcpus_give_way_where_it_is_explored);
	g_test_add_func("/options/what-is-not-given-has-its-default",
			what_is_not_given_has_its_default);
	return g_test_run();
}
