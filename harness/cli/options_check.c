// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values are checked here, so that every verb refuses the same nonsense with the same words.
 */
#include "cli/options_check.h"

#include <string.h>

static bool usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool usage_error(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE, format, args);
	va_end(args);
	return false;
}

/* "A..B" */
static bool parse_seeds(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
	g_auto(GStrv) parts = g_strsplit(text, "..", 2);

	return parts[0] && parts[1] &&
	       g_ascii_string_to_unsigned(parts[0], 10, 0, G_MAXINT64, ret_first, NULL) &&
	       g_ascii_string_to_unsigned(parts[1], 10, 0, G_MAXINT64, ret_last, NULL) &&
	       *ret_first <= *ret_last && *ret_last - *ret_first < 1000000;
}

/* "90s", "10m", "2h" */
static bool parse_duration(const char *text, double *ret_seconds)
{
	char *end = NULL;
	guint64 number = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;

	if (number < 1 || number > 1000000 || !*end || end[1] || !strchr("smh", *end))
		return false;
	*ret_seconds = (double)number * (*end == 'h' ? 3600 : *end == 'm' ? 60 : 1);
	return true;
}

static bool check_explore(FlOptions *o, GError **error)
{
	o->first_seed = 1;
	o->last_seed = o->duration ? 1000000 : 100;
	if (o->seeds && !parse_seeds(o->seeds, &o->first_seed, &o->last_seed))
		return usage_error(error,
				   "--seeds: expected A..B, at most 1000000 of them, as 1..100, "
				   "found \"%s\"",
				   o->seeds);
	if (o->duration && !parse_duration(o->duration, &o->duration_s))
		return usage_error(error, "--for: expected a time as 90s, 10m or 2h, found \"%s\"",
				   o->duration);
	return true;
}

/* One that was not given becomes 0, for whoever has a default. */
static bool check_count(const char *option, int *number, int most, GError **error)
{
	if (*number == FL_OPTIONS_UNSET)
		*number = 0;
	else if (*number < 1 || *number > most)
		return usage_error(error, "%s: expected 1 to %d, found %d", option, most, *number);
	return true;
}

/* A kernel that somebody else built has no module of ours. */
static bool check_strategy(FlOptions *o, bool explores, GError **error)
{
	bool points = o->strategy ? g_str_equal(o->strategy, "points") : explores && !o->image;

	if (o->strategy && !points && !g_str_equal(o->strategy, "none"))
		return usage_error(error, "--strategy: expected none or points, found \"%s\"",
				   o->strategy);
	if (points && o->image)
		return usage_error(error, "--strategy points: needs a module of ours, and --image "
					  "comes without");
	if (points && !explores && !o->deterministic)
		return usage_error(error, "--strategy points: needs --deterministic, where vCPUs "
					  "run one at a time");
	if (o->depth != FL_OPTIONS_UNSET && !points)
		return usage_error(error, "--depth: expected --strategy points beside it");
	if (!check_count("--depth", &o->depth, (int)FL_YIELDS_DEPTH_MAX, error))
		return false;
	if (points)
		o->yield_depth = o->depth ? (unsigned)o->depth : FL_YIELDS_DEPTH;
	return true;
}

static bool check_numbers(FlOptions *o, GError **error)
{
	if (!check_count("--cpus", &o->cpus, FL_PLAN_CPUS_MAX, error) ||
	    !check_count("--jobs", &o->jobs, 256, error) ||
	    !check_count("--repeat", &o->repeat, 100000, error) ||
	    !check_count("--max-runs", &o->max_runs, 100000, error))
		return false;
	if (!(o->timeout_scale >= 0.01 && o->timeout_scale <= 1000))
		return usage_error(error, "--timeout-scale: expected 0.01 to 1000, found %g",
				   o->timeout_scale);
	if (o->memory && !fl_plan_parse_memory(o->memory, &o->memory_mib))
		return usage_error(error, "--memory: expected 128M to 64G, found \"%s\"",
				   o->memory);
	if (o->seed_text &&
	    !g_ascii_string_to_unsigned(o->seed_text, 10, 0, G_MAXUINT64, &o->seed, NULL))
		return usage_error(error, "--seed: expected a whole number, found \"%s\"",
				   o->seed_text);
	return true;
}

static bool check_files(const FlOptions *o, GError **error)
{
	if (o->kernel_tree && !g_file_test(o->kernel_tree, G_FILE_TEST_IS_DIR))
		return usage_error(error, "--kernel-tree: %s is not a folder", o->kernel_tree);
	if (o->image && !g_file_test(o->image, G_FILE_TEST_IS_REGULAR))
		return usage_error(error, "--image: %s is not a file", o->image);
	if (o->revision && !o->kernel_tree)
		return usage_error(error,
				   "--revision: expected --kernel-tree DIR, of which it is a "
				   "commit");
	if (o->image && (o->kernel_tree || o->patches || o->fragments))
		return usage_error(error,
				   "--image is booted as it is: it cannot go with --kernel-tree, "
				   "--patch or --config");
	for (char **path = o->patches; path && *path; path++)
		if (!g_file_test(*path, G_FILE_TEST_IS_REGULAR))
			return usage_error(error, "--patch: %s is not a file", *path);
	for (char **path = o->fragments; path && *path; path++)
		if (!g_file_test(*path, G_FILE_TEST_IS_REGULAR))
			return usage_error(error, "--config: %s is not a file", *path);
	return true;
}

/* What a run of hours would find at its end. */
static bool check_report(const char *option, const char *path, GError **error)
{
	g_autofree char *dir = path ? g_path_get_dirname(path) : NULL;

	if (!path)
		return true;
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return usage_error(error, "%s: %s is a folder, expected a file", option, path);
	if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
		return usage_error(error, "%s: there is no folder %s for %s", option, dir, path);
	return true;
}

static bool check_reports(const FlOptions *o, GError **error)
{
	return check_report("--json", o->json, error) && check_report("--junit", o->junit, error) &&
	       check_report("--ktap", o->ktap, error);
}

bool fl_options_check(FlOptions *o, FlOptionGroups groups, bool has_args, GError **error)
{
	if (!has_args && o->rest && *o->rest)
		return usage_error(error, "\"%s\" is not an option; --help lists them", *o->rest);
	if (o->quiet && o->verbose)
		return usage_error(error, "--quiet and --verbose exclude each other");
	if (o->deterministic && g_strcmp0(o->accel, "kvm") == 0)
		return usage_error(error, "--deterministic needs --accel tcg: KVM runs vCPUs in "
					  "parallel, by the host's clock");
	return check_numbers(o, error) && check_explore(o, error) &&
	       check_strategy(o, groups & FL_OPTIONS_EXPLORE, error) && check_files(o, error) &&
	       check_reports(o, error);
}
