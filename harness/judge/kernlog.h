/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own log as the wire carries it: the second witness beside the console. It knows
 * who wrote a line (user space cannot write with facility 0), how grave the kernel takes it,
 * and whether a record is missing.
 */
#pragma once

#include "judge/session.h"
#include "judge/splat.h"

typedef struct {
	const FlRules *rules;
	FlSplats *splats;
	GHashTable *user;   /* header that user space wrote -> how often */
	GArray *marks;	    /* from which stamp on which test ran */
	uint64_t first_seq; /* of the records seen */
	uint64_t next_seq;
	uint64_t last_us;
	uint64_t n_gaps; /* places where records are missing */
	bool any, malformed;
} FlKernlog;

/* How the first line of a second boot is called among the reports. */
#define FL_KERNLOG_REBOOT "the guest rebooted by itself"
#define FL_KERNLOG_BANNER "Linux version "

void fl_kernlog_init(FlKernlog *log, const FlRules *rules);
void fl_kernlog_clear(FlKernlog *log);

/*
 * A record; running: the test that runs now, NULL for none, kept, must outlive the log; began:
 * whether any test has begun.
 */
void fl_kernlog_record(FlKernlog *log, const char *record, const FlSessionTest *running,
		       bool began);

/* Which test ran at that time; running is the one that ran last. */
const FlSessionTest *fl_kernlog_during(const FlKernlog *log, uint64_t stamp_us,
				       const FlSessionTest *running);

/* How often user space wrote this line itself. */
unsigned fl_kernlog_user_wrote(const FlKernlog *log, const char *header);
