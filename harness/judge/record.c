// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of runs: making, freeing, and the one rule by which many guests make one verdict.
 */
#include "judge/record.h"

FlGuestRecord *fl_record_guest_new(const char *name, unsigned repeat)
{
	FlGuestRecord *guest = g_new0(FlGuestRecord, 1);

	guest->name = g_strdup(name);
	guest->label = repeat > 1 ? g_strdup_printf("%s.%u", name, repeat) : g_strdup(name);
	guest->repeat = repeat;
	guest->skipped = g_ptr_array_new_with_free_func((GDestroyNotify)fl_verdict_test_free);
	return guest;
}

void fl_record_guest_free(FlGuestRecord *guest)
{
	if (!guest)
		return;
	g_free(guest->name);
	g_free(guest->label);
	g_free(guest->release);
	g_free(guest->key);
	g_free(guest->bzimage_sha256);
	g_free(guest->vmlinux);
	g_free(guest->config);
	g_free(guest->modules);
	g_strfreev(guest->tests);
	g_ptr_array_unref(guest->skipped);
	g_free(guest->nonce);
	g_free(guest->accel);
	g_free(guest->accel_reason);
	g_free(guest->snapshot);
	g_free(guest->snapshot_sha256);
	g_free(guest->detail);
	g_free(guest->console_sha256);
	g_free(guest->trace_sha256);
	g_free(guest->wire_sha256);
	fl_verdict_free(guest->verdict);
	g_free(guest);
}

FlRunRecord *fl_record_new(const char *id)
{
	FlRunRecord *record = g_new0(FlRunRecord, 1);

	record->id = g_strdup(id);
	record->command = g_strdup("");
	record->kind = FL_VERDICT_BROKEN;
	record->reason =
		g_strdup("the run did not come to its end: it is still going on or was killed");
	record->guests = g_ptr_array_new_with_free_func((GDestroyNotify)fl_record_guest_free);
	return record;
}

void fl_record_free(FlRunRecord *record)
{
	if (!record)
		return;
	g_free(record->id);
	g_free(record->command);
	g_free(record->reason);
	g_ptr_array_unref(record->guests);
	g_free(record);
}

const FlGuestRecord *fl_record_deciding(const FlRunRecord *record)
{
	const FlGuestRecord *worst = NULL;

	for (guint i = 0; i < record->guests->len; i++) {
		const FlGuestRecord *guest = g_ptr_array_index(record->guests, i);

		/* A guest without a verdict is one whose run was cut off. */
		FlVerdictKind kind = guest->verdict ? guest->verdict->kind : FL_VERDICT_BROKEN;
		FlVerdictKind before =
			worst && worst->verdict ? worst->verdict->kind : FL_VERDICT_BROKEN;

		if (!worst || (kind != before && fl_verdict_worse(kind, before) == kind))
			worst = guest;
	}
	return worst;
}

void fl_record_skip(FlGuestRecord *guest, const char *test, const char *reason)
{
	FlTestResult *result = fl_verdict_test_new(test);

	result->kind = FL_VERDICT_SKIP;
	g_free(result->reason);
	result->reason = g_strdup(reason);
	g_ptr_array_add(guest->skipped, result);
}

void fl_record_set_verdict(FlGuestRecord *guest, FlVerdict *verdict)
{
	guest->verdict = verdict;
	while (guest->skipped->len)
		g_ptr_array_add(verdict->tests, g_ptr_array_steal_index(guest->skipped, 0));
}

unsigned fl_record_count(const FlGuestRecord *guest, FlVerdictKind kind)
{
	unsigned count = 0;

	if (!guest->verdict)
		return 0;
	for (guint i = 0; i < guest->verdict->tests->len; i++)
		count +=
			((FlTestResult *)g_ptr_array_index(guest->verdict->tests, i))->kind == kind;
	return count;
}

static char *pass_reason(const FlRunRecord *record)
{
	unsigned passed = 0, skipped = 0;

	for (guint i = 0; i < record->guests->len; i++) {
		passed += fl_record_count(g_ptr_array_index(record->guests, i), FL_VERDICT_PASS);
		skipped += fl_record_count(g_ptr_array_index(record->guests, i), FL_VERDICT_SKIP);
	}
	return g_strdup_printf(
		"%u test%s passed%s on %u guest%s, and each guest's closing statement agrees "
		"with what was seen",
		passed, passed == 1 ? "" : "s", skipped ? " (some were skipped, see the list)" : "",
		record->guests->len, record->guests->len == 1 ? "" : "s");
}

void fl_record_conclude(FlRunRecord *record)
{
	const FlGuestRecord *guest = fl_record_deciding(record);

	if (!guest || !guest->verdict)
		return;
	record->kind = guest->verdict->kind;
	g_free(record->reason);
	if (record->kind == FL_VERDICT_PASS)
		record->reason = pass_reason(record);
	else
		record->reason = g_strdup_printf("%s: %s", guest->label, guest->verdict->reason);
}
