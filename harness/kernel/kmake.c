// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls make. The environment is emptied but for PATH and TMPDIR, because a kernel build listens
 * to dozens of variables (KCFLAGS, ARCH, LLVM, MAKEFLAGS of the make that we were called from...).
 * What is set instead is fixed, and folder names are mapped out of debug information, so that
 * equal inputs give equal bytes in every cache folder.
 */
#include "kernel/kmake.h"

#include "base/log.h"
#include "base/json.h"
#include "base/proc.h"
#include "kernel/kcache.h"
#include "kernel/worktree.h"

#include <stdio.h>
#include <string.h>

#define ERROR_LINES_MAX 6

static const char *const FIXED[] = {
	"LC_ALL=C",
	"TZ=UTC",
	"SOURCE_DATE_EPOCH=1704067200",
	"LOCALVERSION=",
	"ARCH=x86_64",
	"KBUILD_BUILD_TIMESTAMP=Mon Jan  1 00:00:00 UTC 2024",
	"KBUILD_BUILD_USER=faultline",
	"KBUILD_BUILD_HOST=faultline",
	"KBUILD_BUILD_VERSION=1",
	"GIT_DIR=/nonexistent",
};

/* "@" stands for the work folder, "%" for the object tree. */
static const char MAPS[] = "-ffile-prefix-map=%=. -ffile-prefix-map=@/src/=";

static char *flags(const char *work, const char *obj)
{
	GString *text = g_string_new(MAPS);

	g_string_replace(text, "%", obj, 0);
	g_string_replace(text, "@", work, 0);
	return g_string_free(text, FALSE);
}

json_t *fl_kmake_recipe(void)
{
	json_t *env = json_array();

	for (size_t i = 0; i < G_N_ELEMENTS(FIXED); i++)
		json_array_append_new(env, json_string(FIXED[i]));
	return json_pack("{s:o, s:s}", "environment", env, "flags", MAPS);
}

/* The shell keeps what env(1) shall keep; reading the environment is not this room's business. */
static void add_clean_env(GPtrArray *argv)
{
	static const char *const words[] = {
		"sh", "-c", "exec env -i PATH=\"$PATH\" TMPDIR=\"${TMPDIR:-/tmp}\" \"$@\"", "sh"};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(FIXED); i++)
		g_ptr_array_add(argv, g_strdup(FIXED[i]));
}

static GPtrArray *make_argv(const FlKmake *make, const char *src)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *work = g_path_get_dirname(src);
	g_autofree char *map = flags(work, make->obj);

	/* Every descendant inherits the locked file: a compiler that outlives us is noticed. */
	g_ptr_array_add(argv, g_strdup("flock"));
	g_ptr_array_add(argv, g_strdup("--no-fork"));
	g_ptr_array_add(argv, fl_worktree_children_lock(make->cache_dir));
	add_clean_env(argv);
	g_ptr_array_add(argv, g_strdup_printf("KCFLAGS=%s", map));
	g_ptr_array_add(argv, g_strdup_printf("KAFLAGS=%s", map));
	if (make->rules_path)
		g_ptr_array_add(argv, g_strdup_printf("MAKEFILES=%s", make->rules_path));
	g_ptr_array_add(argv, g_strdup("make"));
	g_ptr_array_add(argv, g_strdup("-C"));
	g_ptr_array_add(argv, g_strdup(src));
	g_ptr_array_add(argv, g_strdup_printf("O=%s", make->obj));
	g_ptr_array_add(argv,
			g_strdup_printf("-j%u", make->jobs ? make->jobs : g_get_num_processors()));
	for (const char *const *target = make->targets; *target; target++)
		g_ptr_array_add(argv, g_strdup(*target));
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* ---- what make says on its way ---- */

typedef struct {
	const FlKmake *make;
	const char *src;
	unsigned steps;
	gint64 started_us;
	GPtrArray *errors;
} Watch;

static void show_progress(const Watch *watch)
{
	const FlKmake *make = watch->make;
	gint64 spent_us = g_get_monotonic_time() - watch->started_us;
	unsigned percent, left_s;

	if (!make->expected_steps || watch->steps < 20 || watch->steps > make->expected_steps) {
		fl_log_live("kernel %s: %s, %u steps", make->name, make->doing, watch->steps);
		return;
	}
	percent = watch->steps * 100 / make->expected_steps;
	left_s = (unsigned)((double)spent_us / watch->steps *
			    (make->expected_steps - watch->steps) / 1e6);
	if (left_s < 60)
		fl_log_live("kernel %s: %s, %u steps, %u%%, about %u s left", make->name,
			    make->doing, watch->steps, percent, left_s);
	else
		fl_log_live("kernel %s: %s, %u steps, %u%%, about %u min left", make->name,
			    make->doing, watch->steps, percent, (left_s + 30) / 60);
}

static bool is_error_line(const char *line)
{
	static const char *const marks[] = {"error: ", "undefined reference", "ERROR: modpost",
					    "No space left on device"};

	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (strstr(line, marks[i]))
			return true;
	return false;
}

static void on_line(const char *line, gpointer data)
{
	Watch *watch = data;

	if (g_str_has_prefix(line, "  ") && g_ascii_isupper(line[2])) {
		watch->steps++;
		show_progress(watch);
	} else if (is_error_line(line) && watch->errors->len < ERROR_LINES_MAX) {
		GString *text = g_string_new(line);
		g_autofree char *prefix = g_strconcat(watch->src, "/", NULL);

		g_string_replace(text, prefix, "", 0);
		g_ptr_array_add(watch->errors, g_string_free(text, FALSE));
	}
}

/* Without a compiler's error, make's own complaint is what there is to say. */
static void add_make_errors(Watch *watch, const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output ? output : "", "\n", -1);

	for (char **line = lines; *line && watch->errors->len < ERROR_LINES_MAX; line++)
		if (strstr(*line, "*** ") || strstr(*line, "not found"))
			g_ptr_array_add(watch->errors, g_strdup(*line));
}

static void set_make_error(Watch *watch, const char *output, GError *cause, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_FAILED)) {
		g_propagate_error(error, cause);
		return;
	}
	/* A make that was killed says nothing: what it was writing may be torn. */
	if (!strstr(output, "*** ")) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL,
			    "kernel %s: make was cut off; its log is %s", watch->make->name,
			    watch->make->log_path);
		g_error_free(cause);
		return;
	}
	if (!watch->errors->len)
		add_make_errors(watch, output);
	for (guint i = 0; i < watch->errors->len; i++)
		g_string_append_printf(text, "\n  %s", (char *)g_ptr_array_index(watch->errors, i));
	g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_COMPILE,
		    "kernel %s does not build; the whole log is %s%s%s", watch->make->name,
		    watch->make->log_path, text->len ? ":" : "", text->str);
	g_error_free(cause);
}

bool fl_kmake_run(const FlKmake *make, GCancellable *cancel, unsigned *ret_steps, GError **error)
{
	g_autofree char *src = fl_worktree_path(make->cache_dir);
	g_autoptr(GPtrArray) argv = make_argv(make, src);
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *output = NULL;
	Watch watch = {
		.make = make, .src = src, .errors = errors, .started_us = g_get_monotonic_time()};
	GError *cause = NULL;

	if (!fl_proc_run(&(FlProcSpec){.argv = (const char *const *)argv->pdata,
				       .log_path = make->log_path,
				       .on_line = on_line,
				       .on_line_data = &watch},
			 cancel, &output, &cause)) {
		set_make_error(&watch, output, cause, error);
		return false;
	}
	if (ret_steps)
		*ret_steps = watch.steps;
	return true;
}

/* ---- the toolchain ---- */

/* One shell asks them all: each process of its own would cost a run that builds nothing more than the
 * rest of it. The first line of each answer. */
static const char ASK[] = "nl='\n'; for tool; do all=$(\"$tool\" --version) || exit; "
			  "printf '%s\\n' \"${all%%\"$nl\"*}\"; done";

json_t *fl_kmake_toolchain(GCancellable *cancel, GError **error)
{
	static const char *const tools[] = {"gcc", "as", "ld", "make"};
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(json_t) versions = json_object();
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;

	add_clean_env(argv);
	g_ptr_array_add(argv, g_strdup("sh"));
	g_ptr_array_add(argv, g_strdup("-c"));
	g_ptr_array_add(argv, g_strdup(ASK));
	g_ptr_array_add(argv, g_strdup("sh"));
	for (size_t i = 0; i < G_N_ELEMENTS(tools); i++)
		g_ptr_array_add(argv, g_strdup(tools[i]));
	g_ptr_array_add(argv, NULL);
	if (!fl_proc_run(&(FlProcSpec){.argv = (const char *const *)argv->pdata}, cancel, &output,
			 error)) {
		g_prefix_error(error, "the toolchain does not tell its versions: ");
		return NULL;
	}
	lines = g_strsplit(output, "\n", -1);
	for (size_t i = 0; i < G_N_ELEMENTS(tools) && lines[i]; i++)
		json_object_set_new(versions, tools[i], fl_json_string(lines[i]));
	return g_steal_pointer(&versions);
}
