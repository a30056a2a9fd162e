// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says about itself after the last test: taint, counts, lockdep alive. A file
 * that is not there is told as such and never as a zero.
 */
#include "attest.h"
#include "procfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long long number_in(const char *path)
{
	char text[64];

	return procfs_read(path, text, sizeof(text)) ? strtoll(text, NULL, 10) : -1;
}

/* " debug_locks:                             1" */
static int lockdep_alive(void)
{
	static char text[16384];
	const char *line;

	if (!procfs_read("/proc/lockdep_stats", text, sizeof(text)))
		return -1;
	line = strstr(text, "debug_locks:");
	return line ? atoi(line + strlen("debug_locks:")) != 0 : -1;
}

void attest(struct session *session)
{
	const struct kmsg *kmsg = session->kmsg;
	long long taint = number_in("/proc/sys/kernel/tainted");
	long long warn = number_in("/sys/kernel/warn_count");
	long long oops = number_in("/sys/kernel/oops_count");
	int lockdep = lockdep_alive();

	kmsg_drain(session->kmsg, session->emit);
	emit_printf(session->emit, FL_WIRE_ATTEST,
		    "tainted=%lld warn=%lld oops=%lld lockdep=%d kmsg_first=%llu kmsg_last=%llu "
		    "kmsg_lost=%llu started=%u results=%u",
		    taint, warn, oops, lockdep, kmsg->first, kmsg->last, kmsg->lost,
		    session->n_started, session->n_results);
	emit_printf(session->emit, FL_WIRE_END, "bye");
	(void)emit_flush(session->emit);
}
