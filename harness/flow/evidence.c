// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records to and from the evidence folder. The names of the files are store/rundir's, the bytes
 * of result.json are report/result's.
 */
#include "flow/evidence.h"

#include "base/json.h"
#include "flow/site.h"
#include "report/result.h"

#include <string.h>

static void set_string(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, fl_json_string_or_null(value));
}

static json_t *skipped_json(const FlGuestRecord *guest)
{
	json_t *array = json_array();
	GPtrArray *from = guest->verdict ? guest->verdict->tests : guest->skipped;

	/* Once there is a verdict they stand in it, behind the tests that were asked for. */
	for (guint i = guest->verdict ? g_strv_length(guest->tests) : 0; i < from->len; i++) {
		const FlTestResult *test = g_ptr_array_index(from, i);
		json_t *object = json_object();

		set_string(object, "name", test->name);
		set_string(object, "reason", test->reason);
		json_array_append_new(array, object);
	}
	return array;
}

bool fl_evidence_save_guest(const FlGuestRecord *guest, const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FL_RUNDIR_GUEST, NULL);
	g_autoptr(json_t) object = json_object();
	json_t *tests = json_array();

	for (char **test = guest->tests; test && *test; test++)
		json_array_append_new(tests, fl_json_string(*test));
	json_object_set_new(object, "tests", tests);
	json_object_set_new(object, "skipped", skipped_json(guest));
	set_string(object, "name", guest->name);
	json_object_set_new(object, "repeat", json_integer(guest->repeat));
	set_string(object, "release", guest->release);
	set_string(object, "key", guest->key);
	set_string(object, "bzimage_sha256", guest->bzimage_sha256);
	set_string(object, "vmlinux", guest->vmlinux);
	set_string(object, "modules", guest->modules);
	set_string(object, "nonce", guest->nonce);
	json_object_set_new(object, "cpus", json_integer(guest->cpus));
	json_object_set_new(object, "memory_mib", json_integer(guest->memory_mib));
	set_string(object, "accel", guest->accel);
	set_string(object, "accel_reason", guest->accel_reason);
	json_object_set_new(object, "seed", json_integer((json_int_t)guest->seed));
	json_object_set_new(object, "pause_yields", json_boolean(guest->pause_yields));
	json_object_set_new(object, "deterministic", json_boolean(guest->deterministic));
	set_string(object, "snapshot", guest->snapshot);
	set_string(object, "snapshot_sha256", guest->snapshot_sha256);
	json_object_set_new(object, "time_scale_milli", json_integer(guest->time_scale_milli));
	json_object_set_new(object, "limit_scale_milli", json_integer(guest->limit_scale_milli));
	json_object_set_new(object, "tests_limit_ms",
			    json_integer((json_int_t)guest->tests_limit_ms));
	json_object_set_new(object, "boot_ms", json_real(guest->boot_ms));
	json_object_set_new(object, "total_ms", json_real(guest->total_ms));
	json_object_set_new(object, "ending", json_string(fl_ending_name(guest->ending)));
	set_string(object, "detail", guest->detail);
	set_string(object, "console_sha256", guest->console_sha256);
	set_string(object, "wire_sha256", guest->wire_sha256);
	set_string(object, "trace_sha256", guest->trace_sha256);
	return fl_json_write(path, object, error);
}

/* What is missing or of another type reads as NULL, 0: an old folder is still worth judging. */
static json_int_t get_integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static char **get_strings(const json_t *object, const char *key)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	const json_t *array = json_object_get(object, key);
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		if (json_is_string(value))
			g_strv_builder_add(builder, json_string_value(value));
	}
	return g_strv_builder_end(builder);
}

static unsigned get_unsigned(const json_t *object, const char *key)
{
	return (unsigned)CLAMP(get_integer(object, key), 0, G_MAXINT);
}

static void load_skipped(FlGuestRecord *guest, const json_t *array)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		const char *name = json_string_value(json_object_get(value, "name"));
		const char *reason = json_string_value(json_object_get(value, "reason"));

		if (name && reason)
			fl_record_skip(guest, name, reason);
	}
}

FlGuestRecord *fl_evidence_load_guest(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FL_RUNDIR_GUEST, NULL);
	g_autoptr(json_t) object = fl_json_read(path, error);
	g_autofree char *name = NULL;
	g_autofree char *ending = NULL;
	FlGuestRecord *guest;

	if (!object)
		return NULL;
	name = fl_json_get_string(object, "name");
	ending = fl_json_get_string(object, "ending");
	if (!name) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_EVIDENCE, "%s: expected a \"name\"",
			    path);
		return NULL;
	}
	guest = fl_record_guest_new(name, MAX(1u, get_unsigned(object, "repeat")));
	guest->release = fl_json_get_string(object, "release");
	guest->key = fl_json_get_string(object, "key");
	guest->bzimage_sha256 = fl_json_get_string(object, "bzimage_sha256");
	guest->vmlinux = fl_json_get_string(object, "vmlinux");
	guest->modules = fl_json_get_string(object, "modules");
	guest->tests = get_strings(object, "tests");
	load_skipped(guest, json_object_get(object, "skipped"));
	guest->nonce = fl_json_get_string(object, "nonce");
	guest->cpus = get_unsigned(object, "cpus");
	guest->memory_mib = get_unsigned(object, "memory_mib");
	guest->accel = fl_json_get_string(object, "accel");
	guest->accel_reason = fl_json_get_string(object, "accel_reason");
	guest->seed = (uint64_t)get_integer(object, "seed");
	guest->pause_yields = json_is_true(json_object_get(object, "pause_yields"));
	guest->deterministic = json_is_true(json_object_get(object, "deterministic"));
	guest->snapshot = fl_json_get_string(object, "snapshot");
	guest->snapshot_sha256 = fl_json_get_string(object, "snapshot_sha256");
	guest->time_scale_milli = get_unsigned(object, "time_scale_milli");
	guest->limit_scale_milli = get_unsigned(object, "limit_scale_milli");
	guest->tests_limit_ms = get_unsigned(object, "tests_limit_ms");
	guest->boot_ms = json_number_value(json_object_get(object, "boot_ms"));
	guest->total_ms = json_number_value(json_object_get(object, "total_ms"));
	guest->detail = fl_json_get_string(object, "detail");
	guest->console_sha256 = fl_json_get_string(object, "console_sha256");
	guest->wire_sha256 = fl_json_get_string(object, "wire_sha256");
	guest->trace_sha256 = fl_json_get_string(object, "trace_sha256");
	if (!fl_ending_parse(ending, &guest->ending))
		guest->ending = FL_ENDING_UNKNOWN;
	return guest;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_guest(const char *dir)
{
	g_autofree char *file = g_build_filename(dir, FL_RUNDIR_GUEST, NULL);

	return g_file_test(file, G_FILE_TEST_IS_REGULAR);
}

GPtrArray *fl_evidence_guests(const char *path, GError **error)
{
	g_autoptr(GPtrArray) dirs = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	if (is_guest(path)) {
		g_ptr_array_add(dirs, g_strdup(path));
		return g_steal_pointer(&dirs);
	}
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *guest = g_build_filename(path, name, NULL);

		if (is_guest(guest))
			g_ptr_array_add(dirs, g_steal_pointer(&guest));
	}
	if (dirs->len) {
		g_ptr_array_sort(dirs, compare_names);
		return g_steal_pointer(&dirs);
	}
	g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_EVIDENCE,
		    "%s is no evidence folder: expected one with " FL_RUNDIR_GUEST
		    " in it or in its folders (out/runs/<id>)",
		    path);
	return NULL;
}

bool fl_evidence_save_tests(const FlGuestRecord *guest, const char *dir, GError **error)
{
	for (guint i = 0; guest->verdict && i < guest->verdict->tests->len; i++) {
		const FlTestResult *test = g_ptr_array_index(guest->verdict->tests, i);
		g_autoptr(json_t) object = fl_result_test(test);
		g_autofree char *text = fl_json_text(object);

		if (!fl_rundir_test(dir, test->name, test->output->str, test->output->len, text,
				    error))
			return false;
	}
	return true;
}

bool fl_evidence_save_run(const FlRunRecord *record, const FlRundir *rundir, GError **error)
{
	g_autofree char *path = g_build_filename(rundir->path, FL_RUNDIR_RESULT, NULL);
	g_autoptr(json_t) object = fl_result_run(record);
	const FlGuestRecord *deciding = fl_record_deciding(record);

	if (!fl_json_write(path, object, error))
		return false;
	return !deciding || fl_rundir_link(rundir, deciding->label, error);
}
