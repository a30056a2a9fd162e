/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record with one of everything, for the tests of what prints and keeps records: a guest that
 * passed with a skip, and one that hung with a splat, with hostile bytes in every guest string.
 */
#pragma once

#include "judge/record.h"

static inline FlTestResult *fixture_test(const char *name, FlVerdictKind kind, const char *reason)
{
	FlTestResult *test = fl_verdict_test_new(name);

	test->kind = kind;
	g_free(test->reason);
	test->reason = g_strdup(reason);
	test->seconds = 1.25;
	return test;
}

static inline void fixture_metric(FlTestResult *test, const char *name, double value,
				  bool is_integer)
{
	FlMetric *metric = g_new0(FlMetric, 1);

	metric->name = g_strdup(name);
	metric->value = value;
	metric->is_integer = is_integer;
	g_ptr_array_add(test->metrics, metric);
}

static inline FlSplat *fixture_splat(void)
{
	static const char *const frames[] = {"do_shared_fault mm/memory.c:5381", "evil\033[2Jframe",
					     NULL};
	static const char *const source[] = {"+\t\tif (evil) /*\033[2J */\treturn ret;",
					     " not_shown();", NULL};
	FlSplat *splat = g_new0(FlSplat, 1);

	splat->kind = g_strdup("lockdep");
	splat->title = g_strdup("WARNING: bad unlock balance in <do_shared_fault> & \"co\"");
	splat->signature = g_strdup("lockdep:bad-unlock:do_shared_fault");
	splat->lock = g_strdup("&mm->mmap_lock");
	splat->first_line = 812;
	splat->last_line = 840;
	splat->frames = g_strdupv((char **)frames);
	splat->source = g_strdupv((char **)source);
	splat->verdict = FL_VERDICT_FAIL;
	splat->count = 2;
	return splat;
}

static inline FlGuestRecord *fixture_guest(const char *name, FlVerdictKind kind, const char *reason)
{
	static const char *const tests[] = {"shared-write", "skipped", NULL};
	FlGuestRecord *guest = fl_record_guest_new(name, 1);

	guest->release = g_strdup("6.12.117");
	guest->key = g_strdup("0123abcd");
	guest->bzimage_sha256 = g_strdup("feed");
	guest->tests = g_strdupv((char **)tests);
	guest->nonce = g_strdup("0123456789abcdef");
	guest->cpus = 4;
	guest->memory_mib = 1024;
	guest->accel = g_strdup("tcg");
	guest->accel_reason = g_strdup("kvm ran nothing");
	guest->seed = 7;
	guest->boot_ms = 812.5;
	guest->total_ms = 2500;
	guest->ending = FL_ENDING_EXIT;
	guest->console_sha256 = g_strdup("c0ffee");
	guest->trace_sha256 = g_strdup("decade");
	guest->verdict = fl_verdict_new();
	guest->verdict->kind = kind;
	g_free(guest->verdict->reason);
	guest->verdict->reason = g_strdup(reason);
	return guest;
}

static inline FlRunRecord *fixture_record(void)
{
	FlRunRecord *record = fl_record_new("20260101-000000");
	FlGuestRecord *good = fixture_guest("patched", FL_VERDICT_PASS, "all is well");
	FlGuestRecord *bad =
		fixture_guest("patched-debug", FL_VERDICT_HANG, "stuck in \033[31mdown_write");
	FlTestResult *passed = fixture_test("shared-write", FL_VERDICT_PASS, "");

	fixture_metric(passed, "vma_lock_success", 4096, true);
	fixture_metric(passed, "faults_per_second", 390000.5, false);
	g_string_append(passed->output, "printed ]]> \x01\xff & <b>\n");
	g_ptr_array_add(good->verdict->tests, passed);
	g_ptr_array_add(good->verdict->tests,
			fixture_test("skipped", FL_VERDICT_SKIP, "needs # two vCPUs"));
	g_ptr_array_add(bad->verdict->tests,
			fixture_test("shared-write", FL_VERDICT_HANG, "did not\ncome back"));
	g_ptr_array_add(bad->verdict->tests, fixture_test("skipped", FL_VERDICT_BROKEN, "not run"));
	g_ptr_array_add(bad->verdict->splats, fixture_splat());
	bad->verdict->hang = g_strdup("pid 1 in D");
	g_free(record->command);
	record->command = g_strdup("faultline run --seed 7");
	g_ptr_array_add(record->guests, good);
	g_ptr_array_add(record->guests, bad);
	fl_record_conclude(record);
	return record;
}
