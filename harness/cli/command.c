// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command lines of faultline itself, for people to copy.
 */
#include "cli/command.h"

#include <string.h>

void fl_command_append(GString *line, const char *word)
{
	g_autofree char *quoted = g_shell_quote(word);
	bool is_plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789-_./=,:+@%") == strlen(word);

	g_string_append_printf(line, "%s%s", line->len ? " " : "", is_plain ? word : quoted);
}

static void append_option(GString *line, const char *option, const char *value)
{
	if (!value)
		return;
	fl_command_append(line, option);
	fl_command_append(line, value);
}

static void append_options(GString *line, const char *option, char *const *values)
{
	for (; values && *values; values++)
		append_option(line, option, *values);
}

static void append_number(GString *line, const char *option, uint64_t value)
{
	g_string_append_printf(line, " %s %" G_GUINT64_FORMAT, option, value);
}

char *fl_command_given(const char *program, int argc, char *const *argv, const uint64_t *seed)
{
	GString *line = g_string_new(NULL);

	fl_command_append(line, program);
	for (int i = 0; i < argc; i++)
		fl_command_append(line, argv[i]);
	if (seed)
		append_number(line, "--seed", *seed);
	return g_string_free(line, FALSE);
}

char *fl_command_replay(const char *program, const char *evidence)
{
	GString *line = g_string_new(NULL);

	fl_command_append(line, program);
	fl_command_append(line, "replay");
	fl_command_append(line, evidence);
	return g_string_free(line, FALSE);
}

char *fl_command_deterministic(const char *program, const FlOptions *options, const char *kernel,
			       const FlSmallest *how)
{
	GString *line = g_string_new(NULL);

	fl_command_append(line, program);
	g_string_append(line, " run --deterministic");
	if (options->restore)
		g_string_append(line, " --restore");
	append_option(line, "--plan", options->plan);
	append_option(line, "--kernel", kernel);
	append_option(line, "--kernel-tree", options->kernel_tree);
	append_option(line, "--image", options->image);
	append_options(line, "--patch", options->patches);
	append_options(line, "--config", options->fragments);
	append_options(line, "--test", (char *const *)how->tests);
	append_number(line, "--cpus", how->cpus);
	append_option(line, "--memory", options->memory);
	if (options->timeout_scale != 1.0)
		g_string_append_printf(line, " --timeout-scale %g", options->timeout_scale);
	if (how->yield_depth)
		append_option(line, "--strategy", "points");
	if (how->yield_depth)
		append_number(line, "--depth", how->yield_depth);
	append_number(line, "--seed", how->seed);
	return g_string_free(line, FALSE);
}
