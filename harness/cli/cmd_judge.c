// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultline judge: an old evidence folder or a bare serial log, judged again.
 */
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/output.h"
#include "flow/rejudge.h"
#include "report/text.h"

#include <stdio.h>

#define SUMMARY                                                                                    \
	"Judges an evidence folder (out/runs/<id>, out/latest) or a bare console log again, with " \
	"the\n"                                                                                    \
	"rules of today. A bare log can show what went wrong; it can never prove a PASS."

static void print_notes(const FlExplain *explain)
{
	const GPtrArray *notes = fl_explain_notes(explain);

	for (guint i = 0; i < notes->len; i++) {
		g_autofree char *note = fl_text_plain(g_ptr_array_index(notes, i));

		puts(note);
	}
	if (fl_explain_suppressed(explain))
		printf("... and %u more notes\n", fl_explain_suppressed(explain));
}

int fl_cmd_judge(FlCli *cli, int argc, char **argv, GError **error)
{
	g_auto(FlOptions) options = {0};
	g_autoptr(FlRunRecord) record = NULL;
	g_autoptr(FlExplain) explain = NULL;

	if (!fl_options_parse(&options, FL_OPTIONS_REPORT | FL_OPTIONS_JUDGE, "PATH", SUMMARY, argc,
			      argv, error))
		return -1;
	if (!options.rest || !options.rest[0] || options.rest[1]) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE,
			    "expected one evidence folder or console log, as in: faultline judge "
			    "out/latest");
		return -1;
	}
	explain = options.explain ? fl_explain_new() : NULL;
	if (!fl_rejudge(cli->site, options.rest[0], explain, &record, error))
		return -1;
	if (explain)
		print_notes(explain);
	fl_output_record(cli, &options, record, options.rest[0], true);
	if (!fl_output_files(&options, record, NULL, error))
		return -1;
	return fl_exit_code_of_verdict(record->kind);
}
