// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue of command lines, the first of which is running.
 */
#include "flow/bisect_ahead.h"

#include "base/log.h"
#include "base/proc.h"

typedef struct {
	unsigned candidate;
	char **argv;
} Wish;

struct FlBisectAhead {
	const FlSite *site;
	const char *plan, *kernel;
	GQueue wishes;	   /* of Wish, not begun */
	GHashTable *begun; /* of candidates */
	FlProc *proc;	   /* NULL: nothing is being built */
};

static void wish_free(gpointer data)
{
	Wish *wish = data;

	g_strfreev(wish->argv);
	g_free(wish);
}

FlBisectAhead *fl_bisect_ahead_new(const FlSite *site, const char *plan, const char *kernel)
{
	FlBisectAhead *ahead = g_new0(FlBisectAhead, 1);

	ahead->site = site;
	ahead->plan = plan;
	ahead->kernel = kernel;
	ahead->begun = g_hash_table_new(NULL, NULL);
	return ahead;
}

static void add_option(GStrvBuilder *argv, const char *option, const char *value)
{
	if (value)
		g_strv_builder_add_many(argv, option, value, NULL);
}

static void add_options(GStrvBuilder *argv, const char *option, const char *const *values)
{
	for (; values && *values; values++)
		add_option(argv, option, *values);
}

static char **argv_of(const FlBisectAhead *ahead, const FlPrepare *extra)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
	g_autofree char *jobs = extra->jobs ? g_strdup_printf("%u", extra->jobs) : NULL;

	g_strv_builder_add_many(argv, "nice", "-n", "19", ahead->site->self, "build", "--quiet",
				"--plan", ahead->plan, "--kernel", ahead->kernel, NULL);
	add_option(argv, "--kernel-tree", extra->tree);
	add_option(argv, "--revision", extra->revision);
	add_options(argv, "--patch", extra->patches);
	add_options(argv, "--config", extra->fragments);
	add_option(argv, "--jobs", jobs);
	return g_strv_builder_end(argv);
}

static void start_next(FlBisectAhead *ahead);

static void on_built(FlProc *proc, int wait_status, gpointer data)
{
	FlBisectAhead *ahead = data;

	(void)proc;
	(void)wait_status;
	g_clear_pointer(&ahead->proc, fl_proc_free);
	start_next(ahead);
}

static void start_next(FlBisectAhead *ahead)
{
	Wish *wish = ahead->proc ? NULL : g_queue_pop_head(&ahead->wishes);
	g_autoptr(GError) error = NULL;

	if (!wish)
		return;
	g_hash_table_add(ahead->begun, GUINT_TO_POINTER(wish->candidate));
	FlProcSpawn spawn = {
		.argv = (const char *const *)wish->argv,
		.stderr_path = "/dev/null",
		.on_exit = on_built,
		.on_exit_data = ahead,
	};

	ahead->proc = fl_proc_spawn(&spawn, &error);
	if (!ahead->proc)
		fl_log_detail("nothing is built ahead: %s", error->message);
	wish_free(wish);
}

void fl_bisect_ahead_want(FlBisectAhead *ahead, unsigned candidate, const FlPrepare *extra)
{
	Wish *wish;

	if (g_hash_table_contains(ahead->begun, GUINT_TO_POINTER(candidate)))
		return;
	wish = g_new0(Wish, 1);
	wish->candidate = candidate;
	wish->argv = argv_of(ahead, extra);
	g_queue_push_tail(&ahead->wishes, wish);
	start_next(ahead);
}

void fl_bisect_ahead_forget(FlBisectAhead *ahead)
{
	g_queue_clear_full(&ahead->wishes, wish_free);
}

void fl_bisect_ahead_free(FlBisectAhead *ahead)
{
	if (!ahead)
		return;
	fl_bisect_ahead_forget(ahead);
	if (ahead->proc)
		fl_log_live("waiting for a kernel that is being built ahead");
	while (ahead->proc && !g_cancellable_is_cancelled(ahead->site->cancel))
		g_main_context_iteration(NULL, TRUE);
	fl_proc_free(ahead->proc);
	g_hash_table_unref(ahead->begun);
	g_free(ahead);
}
