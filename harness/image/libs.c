// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks the program's own dynamic loader (`ld.so --list`), which knows all rules of the search.
 * The program itself is never run: it may be anybody's.
 */
#include "image/libs.h"

#include "base/proc.h"
#include "image/image.h"

#include <string.h>

#define DEADLINE_US (10ull * G_USEC_PER_SEC)

static bool take_line(GPtrArray *libs, char *line, const char *program, GError **error)
{
	char *path = strchr(g_strstrip(line), '/');
	char *end;

	if (strstr(line, "=> not found")) {
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING,
			    "%s needs the library %.*s, which is not installed", program,
			    (int)strcspn(line, " "), line);
		return false;
	}
	/* "linux-vdso.so.1 (0x...)" has no file. */
	if (!path)
		return true;
	end = strstr(path, " (0x");
	if (end)
		*end = '\0';
	if (strstr(path, " => "))
		path = strstr(path, " => ") + strlen(" => ");
	if (!g_ptr_array_find_with_equal_func(libs, path, g_str_equal, NULL))
		g_ptr_array_add(libs, g_strdup(path));
	return true;
}

GPtrArray *fl_libs_list(const char *program, GError **error)
{
	g_autoptr(GPtrArray) libs = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *loader = NULL;
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;

	if (!fl_image_interpreter(program, &loader, error))
		return NULL;
	if (!loader)
		return g_steal_pointer(&libs);
	const char *argv[] = {loader, "--list", program, NULL};
	const FlProcSpec spec = {.argv = argv, .deadline_us = DEADLINE_US};

	if (!fl_proc_run(&spec, NULL, &output, error)) {
		g_prefix_error(error, "the libraries of %s: ", program);
		return NULL;
	}
	g_ptr_array_add(libs, g_strdup(loader));
	lines = g_strsplit(output, "\n", -1);
	for (char **line = lines; *line; line++)
		if (!take_line(libs, *line, program, error))
			return NULL;
	return g_steal_pointer(&libs);
}
