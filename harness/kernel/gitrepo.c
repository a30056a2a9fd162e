// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs git on the cache's bare repository with everything pinned: no user configuration, no
 * variables from a surrounding git command or hook, no fsync, no background collection. The
 * user's own repositories are only ever read from.
 */
#include "kernel/gitrepo.h"

#include "base/fs.h"
#include "base/proc.h"
#include "kernel/kcache.h"

#include <string.h>

/* A git hook or `git bisect run` may be our parent: none of its variables shall leak in. */
static const char *const GIT_CLEAN[] = {
	"GIT_DIR",
	"GIT_WORK_TREE",
	"GIT_INDEX_FILE",
	"GIT_COMMON_DIR",
	"GIT_NAMESPACE",
	"GIT_PREFIX",
	"GIT_OBJECT_DIRECTORY",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_QUARANTINE_PATH",
	"GIT_CONFIG",
	"GIT_CONFIG_PARAMETERS",
	"GIT_CONFIG_COUNT",
	"GIT_ATTR_SOURCE",
	"GIT_CEILING_DIRECTORIES",
	"GIT_LITERAL_PATHSPECS",
	"GIT_GLOB_PATHSPECS",
	"GIT_NOGLOB_PATHSPECS",
	"GIT_ICASE_PATHSPECS",
	"GIT_EXTERNAL_DIFF",
	"GIT_DIFF_OPTS",
	"GIT_TRACE",
	"GIT_TRACE_SETUP",
	"GIT_TRACE_PERFORMANCE",
	"GIT_TRACE2",
	"GIT_REPLACE_REF_BASE",
	"GIT_CONFIG_GLOBAL=/dev/null",
	"GIT_CONFIG_SYSTEM=/dev/null",
	"GIT_CONFIG_NOSYSTEM=1",
	"GIT_OPTIONAL_LOCKS=0",
	"GIT_TERMINAL_PROMPT=0",
	"GIT_NO_REPLACE_OBJECTS=1",
	"LC_ALL=C",
	"LANGUAGE",
};

static const char *const GIT_SETTINGS[] = {
	"core.fsync=none",	     "core.compression=1",    "gc.auto=0",
	"maintenance.auto=false",    "core.autocrlf=false",   "core.quotePath=false",
	"core.fileMode=true",	     "core.symlinks=true",    "core.fsmonitor=false",
	"core.untrackedCache=false", "core.splitIndex=false", "core.attributesFile=/dev/null",
	"core.hooksPath=/dev/null",  "index.threads=true",    "advice.addEmbeddedRepo=false",
	"apply.ignoreWhitespace=no", "safe.directory=*",
};

static void add_strings(GPtrArray *array, const char *const *strings, size_t n)
{
	for (size_t i = 0; i < n && strings[i]; i++)
		g_ptr_array_add(array, g_strdup(strings[i]));
}

static GPtrArray *git_argv(void)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("git"));
	for (size_t i = 0; i < G_N_ELEMENTS(GIT_SETTINGS); i++) {
		g_ptr_array_add(argv, g_strdup("-c"));
		g_ptr_array_add(argv, g_strdup(GIT_SETTINGS[i]));
	}
	return argv;
}

static GPtrArray *git_env(const FlGitRepo *repo)
{
	GPtrArray *env = g_ptr_array_new_with_free_func(g_free);

	add_strings(env, GIT_CLEAN, G_N_ELEMENTS(GIT_CLEAN));
	if (repo) {
		g_ptr_array_add(env, g_strdup_printf("GIT_DIR=%s/source.git", repo->cache_dir));
		if (repo->index)
			g_ptr_array_add(env, g_strdup_printf("GIT_INDEX_FILE=%s", repo->index));
		if (repo->work_tree)
			g_ptr_array_add(env, g_strdup_printf("GIT_WORK_TREE=%s", repo->work_tree));
		if (repo->alternate)
			g_ptr_array_add(env, g_strdup_printf("GIT_ALTERNATE_OBJECT_DIRECTORIES=%s",
							     repo->alternate));
	}
	g_ptr_array_add(env, NULL);
	return env;
}

/* The last line that is not empty, NULL when there is none. */
static char *last_line(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = g_strv_length(lines); i-- > 0;)
		if (*g_strstrip(lines[i]))
			return g_strdup(lines[i]);
	return NULL;
}

static void explain(GError **error, const char *verb, GError *cause, const char *output)
{
	g_autofree char *said = last_line(output);

	if (!g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_FAILED)) {
		g_propagate_error(error, cause);
		return;
	}
	g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL, "git %s: %s", verb,
		    said ? said : cause->message);
	g_error_free(cause);
}

bool fl_gitrepo_run(const FlGitRepo *repo, const char *const *args, GCancellable *cancel,
		    char **ret_output, GError **error)
{
	g_autoptr(GPtrArray) argv = git_argv();
	g_autoptr(GPtrArray) env = git_env(repo);
	g_autofree char *output = NULL;
	GError *cause = NULL;
	bool ok;

	g_ptr_array_add(argv, g_strdup("-c"));
	g_ptr_array_add(argv,
			g_strdup_printf("core.excludesFile=%s",
					repo->exclude_file ? repo->exclude_file : "/dev/null"));
	add_strings(argv, args, G_MAXSIZE);
	g_ptr_array_add(argv, NULL);
	ok = fl_proc_run(&(FlProcSpec){.argv = (const char *const *)argv->pdata,
				       .cwd = repo->work_tree ? repo->work_tree : repo->cache_dir,
				       .env = (const char *const *)env->pdata,
				       .stdin_path = repo->stdin_path,
				       .on_line = repo->on_line,
				       .on_line_data = repo->on_line_data},
			 cancel, &output, &cause);
	if (!ok)
		explain(error, args[0], cause, output);
	if (ret_output)
		*ret_output = g_steal_pointer(&output);
	return ok;
}

bool fl_gitrepo_id(const FlGitRepo *repo, const char *const *args, GCancellable *cancel,
		   char **ret_id, GError **error)
{
	g_autofree char *output = NULL;
	g_autofree char *line = NULL;

	if (!fl_gitrepo_run(repo, args, cancel, &output, error))
		return false;
	line = last_line(output);
	if (!line || strlen(line) != 40 || strspn(line, "0123456789abcdef") != 40) {
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TOOL,
			    "git %s printed no object id but \"%s\"", args[0], line ? line : "");
		return false;
	}
	*ret_id = g_steal_pointer(&line);
	return true;
}

static bool run_in_folder(const char *dir, const char *const *args, FlProcLineFn on_line,
			  gpointer data, GCancellable *cancel, char **ret_output, GError **error)
{
	g_autoptr(GPtrArray) argv = git_argv();
	g_autoptr(GPtrArray) env = git_env(NULL);

	add_strings(argv, args, G_MAXSIZE);
	g_ptr_array_add(argv, NULL);
	return fl_proc_run(&(FlProcSpec){.argv = (const char *const *)argv->pdata,
					 .cwd = dir,
					 .env = (const char *const *)env->pdata,
					 .on_line = on_line,
					 .on_line_data = data},
			   cancel, ret_output, error);
}

bool fl_gitrepo_read(const char *dir, const char *const *args, FlProcLineFn on_line, gpointer data,
		     GCancellable *cancel, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *output = NULL;
	g_autofree char *said = NULL;

	if (run_in_folder(dir, args, on_line, data, cancel, &output, &cause))
		return true;
	said = last_line(output);
	if (!g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_FAILED))
		g_propagate_error(error, g_steal_pointer(&cause));
	else
		g_set_error(error, FL_KERNEL_ERROR, FL_KERNEL_ERROR_TREE, "git %s in %s: %s",
			    args[0], dir, said ? said : cause->message);
	return false;
}

char **fl_gitrepo_ask(const char *dir, const char *const *args, GCancellable *cancel)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *output = NULL;
	char **lines;
	guint n;

	g_ptr_array_add(words, g_strdup("rev-parse"));
	add_strings(words, args, G_MAXSIZE);
	g_ptr_array_add(words, NULL);
	if (!run_in_folder(dir, (const char *const *)words->pdata, NULL, NULL, cancel, &output,
			   NULL))
		return NULL;
	lines = g_strsplit(output, "\n", -1);
	n = g_strv_length(lines);
	if (n && !*lines[n - 1])
		g_clear_pointer(&lines[n - 1], g_free);
	return lines;
}

/* A repository needs no more than this; `git init` would copy templates and ask for a name. */
static bool write_repository(const char *dir, GError **error)
{
	static const char config[] = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";
	static const char head[] = "ref: refs/heads/none\n";
	g_autofree char *objects = g_build_filename(dir, "objects", "pack", NULL);
	g_autofree char *refs = g_build_filename(dir, "refs", "heads", NULL);
	g_autofree char *config_path = g_build_filename(dir, "config", NULL);
	g_autofree char *head_path = g_build_filename(dir, "HEAD", NULL);

	return fl_fs_mkdir(objects, error) && fl_fs_mkdir(refs, error) &&
	       fl_fs_write(config_path, config, strlen(config), error) &&
	       fl_fs_write(head_path, head, strlen(head), error);
}

/* What takes objects for there that went with an older repository. */
static bool forget_objects(const char *cache_dir, GError **error)
{
	g_autofree char *indexes = g_build_filename(cache_dir, "indexes", NULL);
	g_autofree char *states = g_build_filename(cache_dir, "states", NULL);

	return fl_fs_remove(indexes, error) && fl_fs_remove(states, error);
}

bool fl_gitrepo_init(const char *cache_dir, GCancellable *cancel, GError **error)
{
	g_autofree char *dir = g_build_filename(cache_dir, "source.git", NULL);
	g_autofree char *head = g_build_filename(dir, "HEAD", NULL);
	g_autofree char *lock_path = g_build_filename(cache_dir, "source.git.busy", NULL);
	g_autoptr(FlFsLock) lock = NULL;

	/* HEAD is written last: a repository that has one is whole. */
	if (g_file_test(head, G_FILE_TEST_EXISTS))
		return true;
	lock = fl_fs_lock(lock_path, NULL, NULL, cancel, error);
	if (!lock)
		return false;
	return g_file_test(head, G_FILE_TEST_EXISTS) ||
	       (forget_objects(cache_dir, error) && write_repository(dir, error));
}
