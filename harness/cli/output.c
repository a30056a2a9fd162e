// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records to standard output and to the files that were asked for.
 */
#include "cli/output.h"

#include "base/fs.h"
#include "base/json.h"
#include "report/github.h"
#include "report/junit.h"
#include "report/ktap_report.h"
#include "report/result.h"
#include "report/text.h"
#include "store/rundir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void fl_output_record(const FlCli *cli, const FlOptions *options, const FlRunRecord *record,
		      const char *evidence, bool with_tests)
{
	g_autofree char *conclusion = fl_text_conclusion(record, evidence, cli->color);

	for (guint i = 0; !options->quiet && i < record->guests->len; i++) {
		const FlGuestRecord *guest = g_ptr_array_index(record->guests, i);
		g_autofree char *text = fl_text_guest(guest, cli->color);

		for (guint j = 0; with_tests && guest->verdict && j < guest->verdict->tests->len;
		     j++) {
			g_autofree char *line = fl_text_test(
				g_ptr_array_index(guest->verdict->tests, j), cli->color);

			puts(line);
		}
		puts(text);
	}
	fputs(conclusion, stdout);
	fflush(stdout);
}

static bool write_text(const char *path, char *text, GError **error)
{
	g_autofree char *owned = text;

	return fl_fs_write(path, owned, strlen(owned), error);
}

static bool write_junit(const char *path, const FlRunRecord *record, const char *evidence,
			GError **error)
{
	static const char *const files[] = {FL_RUNDIR_CONSOLE, FL_RUNDIR_WIRE, FL_RUNDIR_COMMAND,
					    NULL};
	g_autofree char *dir = evidence ? g_canonicalize_filename(evidence, NULL) : NULL;
	FlJunitFiles attached = {.dir = dir, .files = files, .autopsy = FL_RUNDIR_AUTOPSY_TEXT};

	return write_text(path, fl_junit(record, dir ? &attached : NULL), error);
}

bool fl_output_files(const FlOptions *options, const FlRunRecord *record, const char *evidence,
		     GError **error)
{
	if (options->json) {
		g_autoptr(json_t) result = fl_result_run(record);

		if (!fl_json_write(options->json, result, error))
			return false;
	}
	if (options->junit && !write_junit(options->junit, record, evidence, error))
		return false;
	return !options->ktap || write_text(options->ktap, fl_ktap_report(record), error);
}

static bool append_text(const char *path, const char *text, GError **error)
{
	FILE *file = fopen(path, "ae");
	bool ok = file && fputs(text, file) >= 0;

	if (file && fclose(file) != 0)
		ok = false;
	if (!ok)
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			    "%s, of GITHUB_STEP_SUMMARY: cannot append: %s", path,
			    g_strerror(errno));
	return ok;
}

bool fl_output_github(const FlRunRecord *record, const char *evidence, GError **error)
{
	const char *path = g_getenv("GITHUB_STEP_SUMMARY");
	g_autofree char *annotations = NULL;
	g_autofree char *summary = NULL;

	if (!g_getenv("GITHUB_ACTIONS"))
		return true;
	annotations = fl_github_annotations(record);
	fputs(annotations, stdout);
	fflush(stdout);
	if (!path || !*path)
		return true;
	summary = fl_github_summary(record, evidence);
	return append_text(path, summary, error);
}
