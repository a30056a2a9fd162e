/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of a run: for each guest how it was made, on what machine, and its verdict.
 * Plain data that the flow fills, the store keeps and the reports print.
 */
#pragma once

#include "judge/verdict.h"
#include "plan/ending.h"

/* One guest of a run. Strings are owned; NULL where it is not known. */
typedef struct {
	char *name; /* of the kernel in the plan */
	/* Its folder in the evidence: the name, ".N" from the second boot on, "+TEST" if isolated. */
	char *label;
	unsigned repeat; /* from 1 */
	char *release;
	char *key; /* content key of the kernel */
	char *bzimage_sha256;
	char *vmlinux;	    /* for symbols; may no longer be there */
	char *config;	    /* its .config */
	char *modules;	    /* folder of its modules, likewise */
	char **tests;	    /* those asked for */
	GPtrArray *skipped; /* of FlTestResult: those that this guest cannot run, with the reason */
	char *nonce;
	unsigned cpus, memory_mib;
	char *accel, *accel_reason;
	uint64_t seed;
	bool pause_yields; /* its vCPUs give way while they spin (plugin/fl_pause.c) */
	bool deterministic;
	/* Key and content of the boot that it went on from; NULL: it booted itself. */
	char *snapshot, *snapshot_sha256;
	unsigned time_scale_milli;  /* of the guest's own limits: in its orders and watchdogs */
	unsigned limit_scale_milli; /* of the host's limits */
	uint64_t tests_limit_ms;    /* what all its tests may take by the host's clock */
	double boot_ms; /* start of QEMU to the first byte on the wire, also of a restored guest; 0: never */
	double total_ms; /* start of QEMU to its end */
	FlEnding ending;
	char *detail; /* the machine's own words about the end */
	char *console_sha256, *wire_sha256;
	char *trace_sha256; /* NULL: it was not traced */
	FlVerdict *verdict; /* NULL until judged */
} FlGuestRecord;

typedef struct {
	char *id;
	char *command; /* the command line that repeats this run */
	FlVerdictKind kind;
	char *reason;	   /* one sentence, never empty */
	GPtrArray *guests; /* of FlGuestRecord, in the order of the plan */
} FlRunRecord;

FlGuestRecord *fl_record_guest_new(const char *name, unsigned repeat);
void fl_record_guest_free(FlGuestRecord *guest);

/* A run that has not been judged: BROKEN, "the run did not come to its end". */
FlRunRecord *fl_record_new(const char *id);
void fl_record_free(FlRunRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlRunRecord, fl_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlGuestRecord, fl_record_guest_free)

/* Sets kind and reason from the guests: the worst decides, its reason is the run's. */
void fl_record_conclude(FlRunRecord *record);

/* The guest that decided, NULL when there is none. */
const FlGuestRecord *fl_record_deciding(const FlRunRecord *record);

/* Gives a guest its verdict, with the tests that it could not run behind those that it ran. */
void fl_record_set_verdict(FlGuestRecord *guest, FlVerdict *verdict);

/* Notes a test that a guest cannot run. */
void fl_record_skip(FlGuestRecord *guest, const char *test, const char *reason);

/* Number of tests of a guest with that verdict. */
unsigned fl_record_count(const FlGuestRecord *guest, FlVerdictKind kind);
