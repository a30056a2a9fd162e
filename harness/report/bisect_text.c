// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of a bisect. What came from git or a guest never brings control characters along.
 */
#include "report/bisect_text.h"

#include "base/json.h"
#include "report/text.h"

#include <string.h>

static char *plain_member(const json_t *entry, const char *key)
{
	return fl_text_plain(json_string_value(json_object_get(entry, key)));
}

/* A commit is its hash, here of so many digits, and what it says; a patch and an option are one name. */
static char *name(const char *id, const char *subject, int digits)
{
	g_autofree char *both = strcmp(id, subject) == 0
					? g_strdup(id)
					: g_strdup_printf("%.*s %s", digits, id, subject);

	return fl_text_plain(both);
}

static char *name_of(const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "id"));
	const char *subject = json_string_value(json_object_get(entry, "subject"));

	return name(id ? id : "", subject ? subject : "", 12);
}

char *fl_bisect_text_entry(const json_t *entry, double confidence)
{
	g_autofree char *who = name_of(entry);
	g_autofree char *reason = plain_member(entry, "reason");
	g_autofree char *evidence = plain_member(entry, "evidence");
	const char *seen = json_string_value(json_object_get(entry, "seen"));

	if (seen)
		return g_strdup_printf("%-11s %s%s (%s); likeliest so far %.0f %%", seen, who,
				       json_object_get(entry, "way") ? ", deterministic" : "",
				       evidence, 100 * confidence);
	if (json_is_string(json_object_get(entry, "image")))
		return g_strdup_printf("%-11s %s", "built", who);
	return g_strdup_printf("%-11s %s: %s", "no build", who, reason);
}

static void append_path(GString *out, const char *label, const char *path)
{
	if (path)
		g_string_append_printf(out, "%-10s %s\n", label, path);
}

char *fl_bisect_text(const FlBisectReport *report)
{
	GString *out = g_string_new(NULL);
	unsigned n = report->ids ? g_strv_length((char **)report->ids) : 0;

	if (!report->found)
		g_string_append_printf(out, "NOT FOUND: %s\n", report->outcome);
	for (unsigned i = 0; i < n; i++) {
		g_autofree char *who = name(report->ids[i], report->subjects[i], 40);

		g_string_append_printf(out, "%s %s\n",
				       !report->found ? "likeliest"
				       : n == 1	      ? "FIRST BAD:"
						      : "ONE OF:",
				       who);
	}
	g_string_append_printf(out, "confidence %.1f %%, after %u runs of %u kernels\n",
			       100 * report->confidence, report->runs, report->builds);
	if (report->deterministic)
		g_string_append(out, "its runs were deterministic: faultline replay repeats any of "
				     "them, byte for byte\n");
	append_path(out, "first bad:", report->first_bad);
	append_path(out, "last good:", report->last_good);
	append_path(out, "journal:", report->journal);
	return g_string_free(out, FALSE);
}

json_t *fl_bisect_text_json(const FlBisectReport *report)
{
	json_t *object = json_object();
	json_t *culprits = json_array();

	for (unsigned i = 0; report->ids && report->ids[i]; i++)
		json_array_append_new(culprits,
				      json_pack("{s:o, s:o}", "id", fl_json_string(report->ids[i]),
						"subject", fl_json_string(report->subjects[i])));
	json_object_set_new(object, "schema", json_integer(1));
	json_object_set_new(object, "found", json_boolean(report->found));
	json_object_set_new(object, "outcome", fl_json_string_or_null(report->outcome));
	json_object_set_new(object, "confidence", json_real(report->confidence));
	json_object_set_new(object, "culprits", culprits);
	json_object_set_new(object, "runs", json_integer(report->runs));
	json_object_set_new(object, "builds", json_integer(report->builds));
	json_object_set_new(object, "deterministic", json_boolean(report->deterministic));
	json_object_set_new(object, "last_good", fl_json_string_or_null(report->last_good));
	json_object_set_new(object, "first_bad", fl_json_string_or_null(report->first_bad));
	json_object_set_new(object, "log", json_deep_copy(report->entries));
	return object;
}
