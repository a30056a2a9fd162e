/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts as data: what was found out about one guest, and nothing about how.
 * Owned by whoever asked for it; every string in it is owned by it.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* From good to bad in the order of fl_verdict_worse: PASS, SKIP, BROKEN, FAIL, HANG, CRASH. */
typedef enum {
	FL_VERDICT_PASS,
	FL_VERDICT_SKIP,   /* did not apply; a reason is always given */
	FL_VERDICT_BROKEN, /* the harness could not find out; never for or against the kernel */
	FL_VERDICT_FAIL,   /* a test failed, or the kernel reported a mistake of its own */
	FL_VERDICT_HANG,   /* it stopped answering, or a task did not come back */
	FL_VERDICT_CRASH /* panic, oops, silent reboot, a test program killed by the kernel's doing */
} FlVerdictKind;

const char *fl_verdict_name(FlVerdictKind kind); /* "PASS" ... */
bool fl_verdict_parse(const char *name, FlVerdictKind *ret_kind);
FlVerdictKind fl_verdict_worse(FlVerdictKind a, FlVerdictKind b);

typedef struct {
	char *name;
	double value;
	bool is_integer;
} FlMetric;

/* A test of a guest, in the order in which the tests were asked for. */
typedef struct {
	char *name;
	FlVerdictKind kind;
	char *reason; /* one sentence; empty for PASS */
	double seconds; /* by the guest's clock; from the metric FL_WIRE_METRIC_SECONDS, not in metrics */
	GPtrArray *metrics; /* of FlMetric, in the order of arrival */
	GPtrArray *cases;   /* of FlCase: its own nested KTAP results */
	GString *output;    /* what it printed, at most FL_TEST_OUTPUT_MAX bytes, the first ones */
} FlTestResult;
#define FL_TEST_OUTPUT_MAX (1u << 20)

typedef struct {
	char *name;
	FlVerdictKind kind; /* PASS, FAIL or SKIP */
	char *reason;
} FlCase;

/* A report that the kernel printed. Lines count from 1 in serial.log. */
typedef struct {
	char *kind; /* "panic" "oops" "bug" "warning" "lockdep" "hung-task" "soft-lockup" "rcu-stall"
			  * "mm-counter" "bad-page" "list-corruption" "refcount" "oom" ... */
	char *title; /* as kernel developers know it: "WARNING: bad unlock balance in do_shared_fault" */
	char *signature; /* stable across runs and builds: kind, title without numbers, top frames */
	char *lock;	 /* the lock it names, or NULL */
	char *during;	 /* the test that ran, or NULL: before the first, or nobody knows */
	unsigned first_line, last_line;
	char **frames; /* "do_shared_fault+0x1b/0x2a0" as printed; symbolize turns them into
			  * "do_shared_fault mm/memory.c:5381" */
	char **source; /* of each frame its line as a diff shows it, '+' where the kernel's patches
			* wrote it; empty where it is not known. NULL: nobody has looked */
	bool has_rip;  /* the first frame is where the CPU was, not a return address */
	FlVerdictKind verdict; /* what it means by itself */
	bool corrupted;	       /* torn, cut or without its header: do not trust title and frames */
	unsigned count;	       /* how many with this signature; the lines are the first one's */
} FlSplat;

typedef struct {
	FlVerdictKind kind;
	char *reason;	   /* one sentence, never empty */
	GPtrArray *tests;  /* of FlTestResult */
	GPtrArray *splats; /* of FlSplat, in the order of the console */
	char *hang;	   /* what hangs and where, or NULL */
	json_t *autopsy;   /* what was found in a guest that hung (judge/autopsy.h), or NULL */
	char *release;	   /* from the guest, or NULL */
} FlVerdict;

FlTestResult *fl_verdict_test_new(const char *name);
void fl_verdict_test_free(FlTestResult *test);
void fl_verdict_splat_free(FlSplat *splat);
FlVerdict *fl_verdict_new(void);
void fl_verdict_free(FlVerdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlVerdict, fl_verdict_free)
