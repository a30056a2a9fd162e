// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run while it goes on: a live line on standard error, finished tests on standard output.
 */
#include "cli/progress.h"

#include "base/log.h"
#include "report/text.h"

#include <stdio.h>

void fl_progress_ready(const FlRunRecord *record, gpointer data)
{
	const FlGuestRecord *guest;

	(void)data;
	if (record->guests->len == 0)
		return;
	guest = g_ptr_array_index(record->guests, 0);
	fl_log_step("%u guest%s, %u vCPU%s, %u MiB, seed %" G_GUINT64_FORMAT ", %s: %s",
		    record->guests->len, record->guests->len == 1 ? "" : "s", guest->cpus,
		    guest->cpus == 1 ? "" : "s", guest->memory_mib, guest->seed, guest->accel,
		    guest->accel_reason);
}

static void on_running(const FlGuestRecord *guest, const char *test, gpointer data)
{
	(void)data;
	fl_log_live("%s: %s", guest->label, test);
}

/* Tests stand below the guest that they ran on, also where several guests run at a time. */
static void print_guest(FlProgress *progress, const FlGuestRecord *guest)
{
	if (progress->guest == guest)
		return;
	progress->guest = guest;
	printf("%s%s%s\n", guest->label, guest->release ? ", " : "",
	       guest->release ? guest->release : "");
}

static void on_test(const FlGuestRecord *guest, const FlTestResult *test, gpointer data)
{
	FlProgress *progress = data;
	g_autofree char *line = NULL;

	if (progress->options->quiet)
		return;
	line = fl_text_test(test, progress->cli->color);
	fl_log_clear();
	print_guest(progress, guest);
	puts(line);
	fflush(stdout);
}

FlTrialEvents fl_progress_events(FlProgress *progress)
{
	return (FlTrialEvents){.on_test = on_test, .on_running = on_running, .data = progress};
}
