// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of guest tests, as the guest programs declare them. Format in the header.
 * Written by our own build, but read as strictly as if it were not.
 */
#include "plan/manifest.h"

#include "base/fs.h"
#include "plan/ini.h"
#include "plan/plan.h"

#include <string.h>

void fl_manifest_test_free(FlTest *test)
{
	if (!test)
		return;
	g_free(test->name);
	g_free(test->summary);
	g_strfreev(test->disks);
	g_strfreev(test->modules);
	g_strfreev(test->config);
	g_free(test->group);
	g_free(test);
}

static FlTest *test_new(const char *name)
{
	FlTest *test = g_new0(FlTest, 1);

	test->name = g_strdup(name);
	test->summary = g_strdup("");
	test->disks = g_new0(char *, 1);
	test->modules = g_new0(char *, 1);
	test->config = g_new0(char *, 1);
	return test;
}

static bool set_number(unsigned *field, const char *value)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT, &number, NULL))
		return false;
	*field = (unsigned)number;
	return true;
}

static bool set_words(char ***field, const char *value)
{
	g_strfreev(*field);
	*field = fl_ini_words(value);
	return true;
}

static bool set_key(FlTest *test, const char *key, const char *value)
{
	if (strcmp(key, "summary") == 0) {
		g_free(test->summary);
		test->summary = g_strdup(value);
		return true;
	}
	if (strcmp(key, "timeout_ms") == 0)
		return set_number(&test->timeout_ms, value);
	if (strcmp(key, "cpus") == 0)
		return set_number(&test->cpus, value);
	if (strcmp(key, "memory_mib") == 0)
		return set_number(&test->memory_mib, value);
	if (strcmp(key, "disks") == 0)
		return set_words(&test->disks, value);
	if (strcmp(key, "modules") == 0)
		return set_words(&test->modules, value);
	if (strcmp(key, "config") == 0)
		return set_words(&test->config, value);
	if (strcmp(key, "by_name") == 0)
		return set_number(&test->by_name, value);
	return false;
}

static bool parse_line(GPtrArray *tests, char *line)
{
	char *colon = strchr(line, ':');
	const char *value;

	if (!colon)
		return false;
	*colon = '\0';
	value = g_strstrip(colon + 1);
	if (strcmp(line, "test") == 0) {
		if (!*value || strpbrk(value, " \t/"))
			return false;
		g_ptr_array_add(tests, test_new(value));
		return true;
	}
	return tests->len && set_key(g_ptr_array_index(tests, tests->len - 1), line, value);
}

GPtrArray *fl_manifest_parse(const char *text, const char *path, GError **error)
{
	g_autoptr(GPtrArray) tests =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_manifest_test_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		g_autofree char *line = g_strdup(g_strstrip(lines[i]));

		if (*line && !parse_line(tests, line)) {
			g_set_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_SYNTAX,
				    "%s:%u: expected a key of the test manifest, found \"%s\"; run "
				    "make again",
				    path, i + 1, lines[i]);
			return NULL;
		}
	}
	return g_steal_pointer(&tests);
}

GPtrArray *fl_manifest_load(const char *path, GError **error)
{
	g_autofree char *text = NULL;

	if (!fl_fs_read(path, &text, NULL, error))
		return NULL;
	return fl_manifest_parse(text, path, error);
}

bool fl_manifest_add_program(GPtrArray *tests, const FlProgram *program, GError **error)
{
	FlTest *test;

	for (guint i = 0; i < tests->len; i++) {
		if (strcmp(((FlTest *)g_ptr_array_index(tests, i))->name, program->name) != 0)
			continue;
		g_set_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_SYNTAX,
			    "[program %s]: expected another name, there is a test of this one",
			    program->name);
		return false;
	}
	test = test_new(program->name);
	g_free(test->summary);
	test->summary = g_strdup(program->summary);
	test->timeout_ms = program->timeout_ms;
	g_strfreev(test->config);
	test->config = g_strdupv(program->needs);
	test->group = *program->group ? g_strdup(program->group) : NULL;
	test->program = program;
	g_ptr_array_add(tests, test);
	return true;
}

static bool matches(const char *glob, const FlTest *test)
{
	if (test->by_name && strcmp(glob, "*") == 0)
		return false;
	return g_pattern_match_simple(glob, test->name) ||
	       (test->group && g_pattern_match_simple(glob, test->group));
}

static bool matches_any(const FlTest *test, const char *const *globs)
{
	for (; *globs; globs++)
		if (matches(*globs, test))
			return true;
	return false;
}

static bool glob_matches_something(const char *glob, const GPtrArray *tests)
{
	for (guint i = 0; i < tests->len; i++)
		if (matches(glob, g_ptr_array_index(tests, i)))
			return true;
	return false;
}

/* Those by name only are not what a user who mistyped was looking for. */
static char *all_names(const GPtrArray *tests)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < tests->len; i++) {
		const FlTest *test = g_ptr_array_index(tests, i);

		if (!test->by_name)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "", test->name);
	}
	return g_string_free(names, FALSE);
}

GPtrArray *fl_manifest_select(GPtrArray *tests, const char *const *globs, GError **error)
{
	GPtrArray *selected;

	for (const char *const *glob = globs; *glob; glob++) {
		g_autofree char *names = NULL;

		if (glob_matches_something(*glob, tests))
			continue;
		names = all_names(tests);
		g_set_error(error, FL_PLAN_ERROR, FL_PLAN_ERROR_UNKNOWN,
			    "no test is called \"%s\"; there are %s", *glob, names);
		return NULL;
	}
	selected = g_ptr_array_new();
	for (guint i = 0; i < tests->len; i++) {
		FlTest *test = g_ptr_array_index(tests, i);

		if (matches_any(test, globs))
			g_ptr_array_add(selected, test);
	}
	return selected;
}
