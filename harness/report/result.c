// SPDX-License-Identifier: GPL-2.0-only
/*
 * result.json: the record field by field. Strings that came from a guest may be any bytes and
 * are made valid UTF-8 here.
 */
#include "report/result.h"

#include "base/json.h"

#include <math.h>

/* Whole numbers up to here are exact in a double. */
#define EXACT 9007199254740992.0

static void set_string(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, fl_json_string_or_null(value));
}

static void set_verdict(json_t *object, FlVerdictKind kind, const char *reason)
{
	json_object_set_new(object, "verdict", json_string(fl_verdict_name(kind)));
	set_string(object, "reason", reason ? reason : "");
}

/* Milliseconds and seconds are kept to the microsecond: more digits would be noise. */
static json_t *rounded(double value)
{
	return json_real(fabs(value) < EXACT ? floor(value * 1000 + 0.5) / 1000 : value);
}

/* What a guest calls a whole number may be larger than any. */
static json_t *metric_json(const FlMetric *metric)
{
	if (metric->is_integer && fabs(metric->value) < EXACT)
		return json_integer((json_int_t)metric->value);
	return json_real(metric->value);
}

static json_t *metrics_json(const FlTestResult *test)
{
	json_t *object = json_object();

	for (guint i = 0; i < test->metrics->len; i++) {
		const FlMetric *metric = g_ptr_array_index(test->metrics, i);

		json_object_set_new(object, metric->name, metric_json(metric));
	}
	return object;
}

static json_t *cases_json(const FlTestResult *test)
{
	json_t *array = json_array();

	for (guint i = 0; i < test->cases->len; i++) {
		const FlCase *part = g_ptr_array_index(test->cases, i);
		json_t *object = json_object();

		set_string(object, "name", part->name);
		set_verdict(object, part->kind, part->reason);
		json_array_append_new(array, object);
	}
	return array;
}

json_t *fl_result_test(const FlTestResult *test)
{
	json_t *object = json_object();

	set_string(object, "name", test->name);
	set_verdict(object, test->kind, test->reason);
	json_object_set_new(object, "seconds", rounded(test->seconds));
	json_object_set_new(object, "metrics", metrics_json(test));
	json_object_set_new(object, "cases", cases_json(test));
	return object;
}

static json_t *splat_json(const FlSplat *splat)
{
	json_t *object = json_object();

	set_string(object, "kind", splat->kind);
	set_string(object, "title", splat->title);
	set_string(object, "signature", splat->signature);
	set_string(object, "lock", splat->lock);
	set_string(object, "during", splat->during);
	json_object_set_new(object, "verdict", json_string(fl_verdict_name(splat->verdict)));
	json_object_set_new(object, "first_line", json_integer(splat->first_line));
	json_object_set_new(object, "last_line", json_integer(splat->last_line));
	json_object_set_new(object, "count", json_integer(splat->count));
	json_object_set_new(object, "corrupted", json_boolean(splat->corrupted));
	json_object_set_new(object, "frames", fl_json_strings(splat->frames));
	json_object_set_new(object, "source", fl_json_strings(splat->source));
	return object;
}

static json_t *vm_json(const FlGuestRecord *guest)
{
	json_t *object = json_object();

	json_object_set_new(object, "cpus", json_integer(guest->cpus));
	json_object_set_new(object, "memory_mib", json_integer(guest->memory_mib));
	set_string(object, "accel", guest->accel);
	set_string(object, "accel_reason", guest->accel_reason);
	json_object_set_new(object, "deterministic", json_boolean(guest->deterministic));
	set_string(object, "snapshot", guest->snapshot);
	set_string(object, "snapshot_sha256", guest->snapshot_sha256);
	json_object_set_new(object, "seed", json_integer((json_int_t)guest->seed));
	json_object_set_new(object, "boot_ms", rounded(guest->boot_ms));
	json_object_set_new(object, "total_ms", rounded(guest->total_ms));
	json_object_set_new(object, "ending", json_string(fl_ending_name(guest->ending)));
	set_string(object, "ending_detail", guest->detail);
	return object;
}

static json_t *tests_json(const FlVerdict *verdict)
{
	json_t *array = json_array();

	for (guint i = 0; verdict && i < verdict->tests->len; i++)
		json_array_append_new(array, fl_result_test(g_ptr_array_index(verdict->tests, i)));
	return array;
}

static json_t *splats_json(const FlVerdict *verdict)
{
	json_t *array = json_array();

	for (guint i = 0; verdict && i < verdict->splats->len; i++)
		json_array_append_new(array, splat_json(g_ptr_array_index(verdict->splats, i)));
	return array;
}

static json_t *guest_json(const FlGuestRecord *guest)
{
	const FlVerdict *verdict = guest->verdict;
	json_t *object = json_object();

	set_string(object, "name", guest->name);
	json_object_set_new(object, "repeat", json_integer(guest->repeat));
	set_string(object, "evidence", guest->label);
	set_string(object, "release", guest->release);
	set_string(object, "key", guest->key);
	set_string(object, "bzimage_sha256", guest->bzimage_sha256);
	set_string(object, "console_sha256", guest->console_sha256);
	set_string(object, "wire_sha256", guest->wire_sha256);
	set_string(object, "trace_sha256", guest->trace_sha256);
	set_verdict(object, verdict ? verdict->kind : FL_VERDICT_BROKEN,
		    verdict ? verdict->reason : "the guest was not run");
	json_object_set_new(object, "vm", vm_json(guest));
	json_object_set_new(object, "tests", tests_json(verdict));
	json_object_set_new(object, "splats", splats_json(verdict));
	set_string(object, "hang", verdict ? verdict->hang : NULL);
	json_object_set(object, "autopsy",
			verdict && verdict->autopsy ? verdict->autopsy : json_null());
	return object;
}

json_t *fl_result_run(const FlRunRecord *record)
{
	json_t *object = json_object();
	json_t *guests = json_array();

	json_object_set_new(object, "schema", json_integer(FL_RESULT_SCHEMA));
	set_string(object, "id", record->id);
	set_string(object, "command", record->command);
	set_verdict(object, record->kind, record->reason);
	for (guint i = 0; i < record->guests->len; i++)
		json_array_append_new(guests, guest_json(g_ptr_array_index(record->guests, i)));
	json_object_set_new(object, "kernels", guests);
	return object;
}
