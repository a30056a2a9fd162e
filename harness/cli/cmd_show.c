// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline show: one run of the history, as its evidence folder has it.
 */
#include "base/json.h"
#include "cli/options.h"
#include "report/text.h"
#include "store/rundir.h"
#include "store/store.h"

#include <stdio.h>

#define SUMMARY                                                                                \
	"Shows a run: its id, the unique beginning of one, or \"latest\". The verdict is the " \
	"one of that time;\nfaultline judge gives the one of today's rules."

static void print_line(const char *label, const json_t *object, const char *key)
{
	g_autofree char *text = fl_text_plain(json_string_value(json_object_get(object, key)));

	if (*text)
		printf("%-9s %s\n", label, text);
}

static void print_guest(const json_t *guest)
{
	g_autofree char *name =
		fl_text_plain(json_string_value(json_object_get(guest, "evidence")));
	g_autofree char *verdict =
		fl_text_plain(json_string_value(json_object_get(guest, "verdict")));
	g_autofree char *reason =
		fl_text_plain(json_string_value(json_object_get(guest, "reason")));
	const json_t *value;
	size_t i;

	printf("%-20s %-6s %s\n", name, verdict, reason);
	json_array_foreach(json_object_get(guest, "tests"), i, value) {
		g_autofree char *test =
			fl_text_plain(json_string_value(json_object_get(value, "name")));
		g_autofree char *kind =
			fl_text_plain(json_string_value(json_object_get(value, "verdict")));
		g_autofree char *why =
			fl_text_plain(json_string_value(json_object_get(value, "reason")));

		printf("  %-6s %-30s %s\n", kind, test, why);
	}
	json_array_foreach(json_object_get(guest, "splats"), i, value) {
		print_line("  splat", value, "signature");
	}
}

static bool show(const FlOptions *o, const char *id, GError **error)
{
	g_autofree char *folder = g_build_filename(o->out, "runs", id, NULL);
	g_autofree char *path = g_build_filename(folder, FL_RUNDIR_RESULT, NULL);
	g_autoptr(json_t) result = fl_json_read(path, error);
	const json_t *guest;
	size_t i;

	if (!result) {
		g_prefix_error(error, "the evidence is gone (faultline history --rebuild forgets "
				      "such runs): ");
		return false;
	}
	printf("run       %s\n", id);
	json_array_foreach(json_object_get(result, "kernels"), i, guest) {
		print_guest(guest);
	}
	print_line("verdict", result, "verdict");
	print_line("reason", result, "reason");
	printf("evidence  %s\n", folder);
	print_line("again", result, "command");
	fflush(stdout);
	return !o->json || fl_json_write(o->json, result, error);
}

int fl_cmd_show(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) o = {0};
	g_autoptr(FlStore) store = NULL;
	g_autofree char *id = NULL;

	(void)cli;
	if (!fl_options_parse(&o, FL_OPTIONS_STORE, "RUN", SUMMARY, argc, argv, error))
		return -1;
	if (!o.rest || !o.rest[0] || o.rest[1]) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "expected one run, as in: faultline show latest");
		return -1;
	}
	store = fl_store_open_old(o.out, error);
	id = store ? fl_store_find(store, o.rest[0], error) : NULL;
	return id && show(&o, id, error) ? FL_EXIT_PASS : -1;
}
