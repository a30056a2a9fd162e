// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of `[program NAME]`. Checks what can be checked without running anything: that files
 * exist and words fit into the orders.
 */
#include "plan/program.h"

#include "plan/ini.h"
#include "plan/plan.h"
#include "plan/plan_private.h"

#include <fl_wire.h>
#include <string.h>

#define DEFAULT_TIMEOUT_MS 60000
#define NAME_LENGTH_MAX	   63

/* The name of a test and of folders: in the guest and in the evidence. */
static bool is_name(const char *name)
{
	return g_ascii_isalnum(*name) && strlen(name) <= NAME_LENGTH_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       strlen(name);
}

FlProgram *fl_program_new(const char *name, GError **error)
{
	FlProgram *program;

	if (!is_name(name)) {
		fl_plan_fail(error,
			     "\"%s\" is not a program name (letters, digits, - _ ., at most %d)",
			     name, NAME_LENGTH_MAX);
		return NULL;
	}
	program = g_new0(FlProgram, 1);
	program->name = g_strdup(name);
	program->command = g_new0(char *, 1);
	program->files = g_new0(char *, 1);
	program->needs = g_new0(char *, 1);
	program->summary = g_strdup("");
	program->group = g_strdup("");
	program->made_by = g_strdup("");
	program->timeout_ms = DEFAULT_TIMEOUT_MS;
	program->is_default = true;
	return program;
}

void fl_program_free(FlProgram *program)
{
	if (!program)
		return;
	g_free(program->name);
	g_strfreev(program->command);
	g_strfreev(program->files);
	g_strfreev(program->needs);
	g_free(program->summary);
	g_free(program->group);
	g_free(program->made_by);
	g_free(program);
}

static bool fits_orders(char **words, GError **error)
{
	if (g_strv_length(words) > FL_WIRE_WORDS_MAX)
		return fl_plan_fail(error, "command: expected at most %d words", FL_WIRE_WORDS_MAX);
	for (char **word = words; *word; word++)
		if (strlen(*word) >= FL_WIRE_WORD_MAX)
			return fl_plan_fail(error, "command: expected words of less than %d bytes",
					    FL_WIRE_WORD_MAX);
	return true;
}

static bool set_command(FlProgram *program, const char *dir, const char *value, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_auto(GStrv) words = NULL;

	if (!g_shell_parse_argv(value, NULL, &words, &cause))
		return fl_plan_fail(error, "command: expected a program and its arguments: %s",
				    cause->message);
	if (!fits_orders(words, error))
		return false;
	if (strchr(words[0], '/')) {
		char *path = g_canonicalize_filename(words[0], dir);

		g_free(words[0]);
		words[0] = path;
		if (!*program->made_by && !g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return fl_plan_fail(error, "command: %s is not a file", path);
	}
	g_strfreev(program->command);
	program->command = g_steal_pointer(&words);
	return true;
}

static bool set_files(FlProgram *program, const char *dir, const char *value, GError **error)
{
	g_auto(GStrv) words = fl_ini_words(value);

	for (char **word = words; *word; word++) {
		char *path = g_canonicalize_filename(*word, dir);

		g_free(*word);
		*word = path;
		if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return fl_plan_fail(error, "files: %s is not a file", path);
	}
	g_strfreev(program->files);
	program->files = g_steal_pointer(&words);
	return true;
}

static bool set_expect(FlProgram *program, const char *value, GError **error)
{
	guint64 status = 0;

	program->ktap = strcmp(value, "ktap") == 0;
	if (!program->ktap && !g_ascii_string_to_unsigned(value, 10, 0, 255, &status, NULL))
		return fl_plan_fail(
			error, "expect: expected an exit status, 0 to 255, or ktap, found \"%s\"",
			value);
	program->status = (unsigned)status;
	return true;
}

static bool set_timeout(FlProgram *program, const char *value, GError **error)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}};
	char *unit = NULL;
	uint64_t number = g_ascii_strtoull(value, &unit, 10);

	for (size_t i = 0; g_ascii_isdigit(*value) && i < G_N_ELEMENTS(units); i++)
		if (strcmp(unit, units[i].unit) == 0 && number &&
		    number <= 24 * 3600000 / units[i].ms) {
			program->timeout_ms = (unsigned)(number * units[i].ms);
			return true;
		}
	return fl_plan_fail(
		error, "timeout: expected a number with ms, s or min, up to a day, found \"%s\"",
		value);
}

static bool set_default(FlProgram *program, const char *value, GError **error)
{
	program->is_default = strcmp(value, "yes") == 0;
	return program->is_default || strcmp(value, "no") == 0 ||
	       fl_plan_fail(error, "default: expected yes or no, found \"%s\"", value);
}

static bool set_text(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
	return true;
}

bool fl_program_set(FlProgram *program, const char *dir, const char *key, const char *value,
		    GError **error)
{
	if (strcmp(key, "command") == 0)
		return set_command(program, dir, value, error);
	if (strcmp(key, "files") == 0)
		return set_files(program, dir, value, error);
	if (strcmp(key, "expect") == 0)
		return set_expect(program, value, error);
	if (strcmp(key, "timeout") == 0)
		return set_timeout(program, value, error);
	if (strcmp(key, "default") == 0)
		return set_default(program, value, error);
	if (strcmp(key, "summary") == 0)
		return set_text(&program->summary, value);
	if (strcmp(key, "group") == 0)
		return set_text(&program->group, value);
	if (strcmp(key, "made-by") == 0)
		return set_text(&program->made_by, value);
	if (strcmp(key, "needs") == 0) {
		g_strfreev(program->needs);
		program->needs = fl_ini_words(value);
		return true;
	}
	return fl_plan_fail(
		error,
		"unknown key \"%s\" in [program %s]; expected command, made-by, files, expect, "
		"timeout, needs, summary, group or default",
		key, program->name);
}

char *fl_program_guest_path(const FlProgram *program)
{
	g_autofree char *file = g_path_get_basename(program->command[0]);

	return g_build_filename(FL_WIRE_PROGRAMS, program->name, file, NULL);
}
