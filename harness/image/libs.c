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

static void take_line(GPtrArray *libs, char *line)
{
	char *path = strchr(g_strstrip(line), '/');
	char *end;

	/* "linux-vdso.so.1 (0x...)" has no file. */
	if (!path)
		return;
	end = strstr(path, " (0x");
	if (end)
		*end = '\0';
	if (strstr(path, " => "))
		path = strstr(path, " => ") + strlen(" => ");
	if (!g_ptr_array_find_with_equal_func(libs, path, g_str_equal, NULL))
		g_ptr_array_add(libs, g_strdup(path));
}

/* What the loader said is the reason: "PROGRAM: error while loading shared libraries: libx.so.6: ..." */
static GPtrArray *refuse(const char *program, const char *words, GError *cause, GError **error)
{
	if (words && *words && g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_FAILED))
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_MISSING, "%.*s",
			    (int)strcspn(words, "\n"), words);
	else
		g_set_error(error, FL_IMAGE_ERROR, FL_IMAGE_ERROR_FAILED, "the libraries of %s: %s",
			    program, cause->message);
	g_error_free(cause);
	return NULL;
}

GPtrArray *fl_libs_list(const char *program, GError **error)
{
	g_autoptr(GPtrArray) libs = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *loader = NULL;
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;
	GError *cause = NULL;

	if (!fl_image_interpreter(program, &loader, error))
		return NULL;
	if (!loader)
		return g_steal_pointer(&libs);
	const char *argv[] = {loader, "--list", program, NULL};
	const FlProcSpec spec = {.argv = argv, .deadline_us = DEADLINE_US};

	if (!fl_proc_run(&spec, NULL, &output, &cause))
		return refuse(program, output, cause, error);
	g_ptr_array_add(libs, g_strdup(loader));
	lines = g_strsplit(output, "\n", -1);
	for (char **line = lines; *line; line++)
		take_line(libs, *line);
	return g_steal_pointer(&libs);
}
