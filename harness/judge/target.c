// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bug that is looked for. A guest that failed for another reason neither shows it nor clears
 * the kernel of it: unrelated crashes are what leads bisects astray.
 */
#include "judge/target.h"

#include <string.h>

bool fl_target_is_signature(const FlTarget *target, const FlSplat *splat)
{
	return g_str_has_prefix(splat->signature, target->signature);
}

static bool is_wanted(const FlTarget *target, const char *test)
{
	for (const char *const *glob = target->tests; *glob; glob++)
		if (g_pattern_match_simple(*glob, test))
			return true;
	return false;
}

static FlTargetSight look_for_fault(const FlVerdict *verdict)
{
	if (verdict->kind > FL_VERDICT_BROKEN)
		return FL_TARGET_SEEN;
	return verdict->kind == FL_VERDICT_PASS ? FL_TARGET_ABSENT : FL_TARGET_UNKNOWN;
}

/* Every test must have come to an end: the splat might have been the next thing to happen. */
static FlTargetSight look_for_signature(const FlTarget *target, const FlVerdict *verdict)
{
	for (guint i = 0; i < verdict->splats->len; i++)
		if (fl_target_is_signature(target, g_ptr_array_index(verdict->splats, i)))
			return FL_TARGET_SEEN;
	if (verdict->kind == FL_VERDICT_BROKEN || verdict->hang)
		return FL_TARGET_UNKNOWN;
	for (guint i = 0; i < verdict->tests->len; i++) {
		const FlTestResult *test = g_ptr_array_index(verdict->tests, i);

		if (test->kind == FL_VERDICT_BROKEN || test->kind > FL_VERDICT_FAIL)
			return FL_TARGET_UNKNOWN;
	}
	return FL_TARGET_ABSENT;
}

/* A report of the kernel while a wanted test ran is that test's failure, whatever it says itself. */
static bool splat_during(const FlTarget *target, const FlVerdict *verdict)
{
	for (guint i = 0; i < verdict->splats->len; i++) {
		const FlSplat *splat = g_ptr_array_index(verdict->splats, i);

		if (splat->verdict > FL_VERDICT_BROKEN && splat->during &&
		    is_wanted(target, splat->during))
			return true;
	}
	return false;
}

/* Nothing worse than reports of the kernel at another time stands against it. */
static bool only_splats_elsewhere(const FlVerdict *verdict)
{
	return verdict->kind == FL_VERDICT_PASS ||
	       (verdict->kind == FL_VERDICT_FAIL && verdict->splats->len);
}

static FlTargetSight look_for_tests(const FlTarget *target, const FlVerdict *verdict)
{
	unsigned passed = 0, unknown = 0;

	for (guint i = 0; i < verdict->tests->len; i++) {
		const FlTestResult *test = g_ptr_array_index(verdict->tests, i);

		if (!is_wanted(target, test->name))
			continue;
		if (test->kind > FL_VERDICT_BROKEN)
			return FL_TARGET_SEEN;
		passed += test->kind == FL_VERDICT_PASS;
		unknown += test->kind == FL_VERDICT_BROKEN;
	}
	if (splat_during(target, verdict))
		return FL_TARGET_SEEN;
	if (unknown || !passed)
		return FL_TARGET_UNKNOWN;
	return only_splats_elsewhere(verdict) ? FL_TARGET_ABSENT : FL_TARGET_UNKNOWN;
}

FlTargetSight fl_target_look(const FlTarget *target, const FlVerdict *verdict)
{
	if (!verdict)
		return FL_TARGET_UNKNOWN;
	if (target->signature)
		return look_for_signature(target, verdict);
	if (target->tests && *target->tests)
		return look_for_tests(target, verdict);
	return look_for_fault(verdict);
}

FlTargetSight fl_target_look_run(const FlTarget *target, const FlRunRecord *record)
{
	FlTargetSight sight = record->guests->len ? FL_TARGET_ABSENT : FL_TARGET_UNKNOWN;

	for (guint i = 0; i < record->guests->len; i++) {
		const FlGuestRecord *guest = g_ptr_array_index(record->guests, i);

		switch (fl_target_look(target, guest->verdict)) {
		case FL_TARGET_SEEN:
			return FL_TARGET_SEEN;
		case FL_TARGET_UNKNOWN:
			sight = FL_TARGET_UNKNOWN;
			break;
		case FL_TARGET_ABSENT:
			break;
		}
	}
	return sight;
}
