// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline: the command table, the signals, and the one place where an error is printed.
 */
#include "base/fs.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/exit_code.h"
#include "image/disk.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	FlVerbFn fn;
	const char *summary;
} verbs[] = {
	{"run", fl_cmd_run, "build, boot, test and judge the kernels of a plan"},
	{"build", fl_cmd_build, "build the kernels of a plan, or find them in the cache"},
	{"judge", fl_cmd_judge,
	 "judge an evidence folder or a bare serial log again, without a guest"},
	{"compare", fl_cmd_compare, "two kernels in turns: what is new, fixed or moved"},
	{"bisect", fl_cmd_bisect, "find the commit, patch or option that made a test go bad"},
	{"explore", fl_cmd_explore, "one set of tests under many seeds, until one fails"},
	{"replay", fl_cmd_replay, "the same run again, from its evidence folder"},
	{"history", fl_cmd_history, "what was run, and how often each test fails"},
	{"show", fl_cmd_show, "one run of the history"},
	{"shell", fl_cmd_shell, "an interactive shell in the guest"},
	{"doctor", fl_cmd_doctor, "what this machine has, what is missing, and how to mend it"},
};

static void print_usage(FILE *to)
{
	fputs("usage: faultline VERB [OPTION...]\n\n"
	      "Is this kernel patch right? faultline builds the kernel, boots it in QEMU, drives "
	      "shared\n"
	      "mappings hard, and says PASS or FAIL with proof.\n\n",
	      to);
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\nfaultline VERB --help tells the options. Exit codes: 0 passed, 1 the kernel is at "
	      "fault,\n"
	      "2 wrong usage or a kernel that does not build, 3 the harness could not find out.\n",
	      to);
}

/* Installed below PREFIX, or in the build folder of a checkout: the data are beside the program. */
static char *find_root(const char *bin_dir)
{
	g_autofree char *checkout = g_canonicalize_filename("..", bin_dir);
	g_autofree char *plans = g_build_filename(checkout, "configs", "plans", NULL);

	if (g_file_test(plans, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&checkout);
	return g_canonicalize_filename("../share/faultline", bin_dir);
}

static char *find_guest_dir(const char *bin_dir)
{
	g_autofree char *built = g_build_filename(bin_dir, "guest", NULL);

	if (g_file_test(built, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&built);
	return g_canonicalize_filename("../lib/faultline/guest", bin_dir);
}

static char *find_plugin(const char *bin_dir, const char *name)
{
	g_autofree char *built = g_build_filename(bin_dir, name, NULL);
	g_autofree char *installed = g_build_filename("../lib/faultline", name, NULL);

	if (g_file_test(built, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&built);
	return g_canonicalize_filename(installed, bin_dir);
}

static FlSite *make_session(GError **error)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", error);
	g_autofree char *bin_dir = NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	FlSite *site;

	if (!self)
		return NULL;
	bin_dir = g_path_get_dirname(self);
	site = g_new0(FlSite, 1);
	site->root = find_root(bin_dir);
	site->guest_dir = find_guest_dir(bin_dir);
	site->plugin = find_plugin(bin_dir, "fl_trace.so");
	site->pause_plugin = find_plugin(bin_dir, "fl_pause.so");
	site->cache_dir = g_build_filename(g_get_user_cache_dir(), "faultline", NULL);
	site->self = g_steal_pointer(&self);
	site->qemu = g_strdup("qemu-system-x86_64");
	site->today = g_date_time_format(now, "%F");
	site->cancel = g_cancellable_new();
	return site;
}

static gboolean caught(FlCli *cli, int signum)
{
	cli->signum = signum;
	fl_log_live("stopping: ending the guests");
	g_cancellable_cancel(cli->site->cancel);
	return G_SOURCE_CONTINUE;
}

static gboolean on_sigint(gpointer data)
{
	return caught(data, SIGINT);
}

static gboolean on_sigterm(gpointer data)
{
	return caught(data, SIGTERM);
}

static bool can_color(int fd)
{
	return isatty(fd) && !g_getenv("NO_COLOR") && g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

static int run_verb(const char *program, FlVerbFn fn, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	FlCli cli = {.program = program, .color = can_color(STDOUT_FILENO)};
	int code;

	cli.site = make_session(&error);
	if (cli.site) {
		g_unix_signal_add(SIGINT, on_sigint, &cli);
		g_unix_signal_add(SIGTERM, on_sigterm, &cli);
		code = fn(&cli, argc, argv, &error);
	} else {
		code = -1;
	}
	fl_log_clear();
	if (code < 0) {
		g_assert(error);
		code = fl_exit_code_of_error(error, cli.git_bisect, cli.signum);
		fprintf(stderr, "faultline %s: %s\n", argv[0], error->message);
	}
	fl_site_free(cli.site);
	return code;
}

int main(int argc, char **argv)
{
	/* A reader that goes away (faultline run | head) is no reason to leave guests behind. */
	signal(SIGPIPE, SIG_IGN);
	fl_log_setup(FL_LOG_NORMAL, isatty(STDERR_FILENO), can_color(STDERR_FILENO));
	g_set_prgname("faultline");
	if (argc < 2) {
		print_usage(stderr);
		return FL_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_usage(stdout);
		return FL_EXIT_PASS;
	}
	if (strcmp(argv[1], FL_DISK_CHILD_VERB) == 0)
		return fl_disk_child_main(argc - 1, argv + 1);
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return run_verb(argv[0], verbs[i].fn, argc - 1, argv + 1);
	fprintf(stderr, "faultline: there is no verb \"%s\"; faultline --help lists them\n",
		argv[1]);
	return FL_EXIT_USAGE;
}
