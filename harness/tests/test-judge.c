// SPDX-License-Identifier: GPL-2.0-only
/*
 * Golden cases: every folder of judge-cases/ is judged and compared with its expect.json, in
 * pieces of several sizes, and cut short. UPDATE_GOLDEN=1 writes the files anew.
 *
 * expect.json: "given" is what the judge is told ("tests" and "nonce" are absent for a bare log,
 * "ending", "detail"), "verdict" what must come out. "cut" names the ports ("console", "wire") of
 * a failing case that may be cut anywhere without making a PASS of it.
 */
#include "base/fs.h"
#include "base/json.h"
#include "judge/judge.h"
#include "judge/lines.h"

#include <string.h>

#define CASES FL_TEST_SRCDIR "/harness/tests/judge-cases"
#define RULES FL_TEST_SRCDIR "/configs/splats"

static FlRules *rules; /* read once */

typedef struct {
	char *name;
	json_t *expect;
	char *serial, *wire;
	size_t serial_len, wire_len;
} Case;

static char *read_optional(const char *dir, const char *name, size_t *ret_len)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;
	char *data = NULL;

	*ret_len = 0;
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return g_strdup("");
	g_assert_true(fl_fs_read(path, &data, ret_len, &error));
	g_assert_no_error(error);
	return data;
}

static Case *case_load(const char *name)
{
	g_autofree char *dir = g_build_filename(CASES, name, NULL);
	g_autofree char *path = g_build_filename(dir, "expect.json", NULL);
	g_autoptr(GError) error = NULL;
	Case *one = g_new0(Case, 1);

	one->name = g_strdup(name);
	one->expect = fl_json_read(path, &error);
	g_assert_no_error(error);
	one->serial = read_optional(dir, "serial.log", &one->serial_len);
	one->wire = read_optional(dir, "wire.log", &one->wire_len);
	return one;
}

static void case_free(gpointer data)
{
	Case *one = data;

	g_free(one->name);
	json_decref(one->expect);
	g_free(one->serial);
	g_free(one->wire);
	g_free(one);
}

static FlEnding given_ending(const Case *one)
{
	const char *name =
		json_string_value(json_object_get(json_object_get(one->expect, "given"), "ending"));
	FlEnding ending = FL_ENDING_UNKNOWN;

	g_assert_true(fl_ending_parse(name, &ending));
	return ending;
}

static FlJudge *judge_new(const Case *one, FlExplain *explain)
{
	const json_t *given = json_object_get(one->expect, "given");
	const json_t *tests = json_object_get(given, "tests");
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	FlJudgeSpec spec = {.nonce = json_string_value(json_object_get(given, "nonce")),
			    .rules = rules,
			    .explain = explain};
	FlJudge *judge;

	for (size_t i = 0; i < json_array_size(tests); i++)
		g_ptr_array_add(names, (gpointer)json_string_value(json_array_get(tests, i)));
	g_ptr_array_add(names, NULL);
	spec.tests = tests ? (const char *const *)names->pdata : NULL;
	judge = fl_judge_new(&spec, &error);
	g_assert_no_error(error);
	return judge;
}

typedef void (*FeedFn)(FlJudge *judge, const char *bytes, size_t len);

static void feed(FlJudge *judge, FeedFn fn, const char *bytes, size_t len, size_t chunk)
{
	for (size_t at = 0; at < len; at += chunk)
		fn(judge, bytes + at, MIN(chunk, len - at));
}

static FlVerdict *judge_explained(const Case *one, size_t serial_len, size_t wire_len, size_t chunk,
				  bool wire_first, FlExplain *explain)
{
	g_autoptr(FlJudge) judge = judge_new(one, explain);
	const json_t *given = json_object_get(one->expect, "given");

	if (wire_first)
		feed(judge, fl_judge_wire, one->wire, wire_len, chunk);
	feed(judge, fl_judge_console, one->serial, serial_len, chunk);
	if (!wire_first)
		feed(judge, fl_judge_wire, one->wire, wire_len, chunk);
	return fl_judge_end(judge, given_ending(one),
			    json_string_value(json_object_get(given, "detail")));
}

static FlVerdict *judge_parts(const Case *one, size_t serial_len, size_t wire_len, size_t chunk,
			      bool wire_first)
{
	return judge_explained(one, serial_len, wire_len, chunk, wire_first, NULL);
}

static json_t *splat_json(const FlSplat *splat)
{
	json_t *frames = json_array();

	for (char **frame = splat->frames; *frame; frame++)
		json_array_append_new(frames, json_string(*frame));
	return json_pack("{s:s, s:s, s:s, s:s?, s:i, s:i, s:s, s:i, s:b, s:o}", "kind", splat->kind,
			 "title", splat->title, "signature", splat->signature, "lock", splat->lock,
			 "first", (int)splat->first_line, "last", (int)splat->last_line, "verdict",
			 fl_verdict_name(splat->verdict), "count", (int)splat->count, "corrupted",
			 splat->corrupted, "frames", frames);
}

static json_t *test_json(const FlTestResult *test)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:i}", "name", test->name, "verdict",
			 fl_verdict_name(test->kind), "reason", test->reason, "cases",
			 (int)test->cases->len, "metrics", (int)test->metrics->len);
}

static json_t *verdict_json(const FlVerdict *verdict)
{
	json_t *splats = json_array(), *tests = json_array();

	for (unsigned i = 0; i < verdict->splats->len; i++)
		json_array_append_new(splats, splat_json(verdict->splats->pdata[i]));
	for (unsigned i = 0; i < verdict->tests->len; i++)
		json_array_append_new(tests, test_json(verdict->tests->pdata[i]));
	return json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:o}", "kind", fl_verdict_name(verdict->kind),
			 "reason", verdict->reason, "hang", verdict->hang, "release",
			 verdict->release, "splats", splats, "tests", tests);
}

static void update(const Case *one, json_t *got)
{
	g_autofree char *path = g_build_filename(CASES, one->name, "expect.json", NULL);
	g_autoptr(GError) error = NULL;

	json_object_set(one->expect, "verdict", got);
	g_assert_true(fl_json_write(path, one->expect, &error));
	g_assert_no_error(error);
}

static void compare(const Case *one, json_t *got)
{
	json_t *want = json_object_get(one->expect, "verdict");
	g_autofree char *got_text = fl_json_text(got),
			*want_text = want ? fl_json_text(want) : g_strdup("");

	g_assert_cmpstr(got_text, ==, want_text);
}

static void gives_the_expected_verdict(gconstpointer data)
{
	const Case *one = data;
	g_autoptr(FlVerdict) verdict =
		judge_parts(one, one->serial_len, one->wire_len, 65536, false);
	g_autoptr(json_t) got = verdict_json(verdict);

	if (g_getenv("UPDATE_GOLDEN"))
		update(one, got);
	else
		compare(one, got);
}

static void gives_the_same_in_any_pieces(gconstpointer data)
{
	static const size_t chunks[] = {1, 7, 64, 4096};
	const Case *one = data;
	g_autoptr(FlVerdict) whole =
		judge_parts(one, one->serial_len, one->wire_len, 1u << 30, false);
	g_autoptr(json_t) want = verdict_json(whole);
	g_autofree char *want_text = fl_json_text(want);

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(chunks); i++) {
		g_autoptr(FlVerdict) verdict =
			judge_parts(one, one->serial_len, one->wire_len, chunks[i / 2], i % 2);
		g_autoptr(json_t) got = verdict_json(verdict);
		g_autofree char *text = fl_json_text(got);

		g_assert_cmpstr(text, ==, want_text);
	}
}

static bool may_cut(const Case *one, const char *port)
{
	const json_t *cut = json_object_get(one->expect, "cut");

	for (size_t i = 0; i < json_array_size(cut); i++) {
		if (strcmp(json_string_value(json_array_get(cut, i)), port) == 0)
			return true;
	}
	return false;
}

static void check_cut(const Case *one, size_t serial_len, size_t wire_len)
{
	g_autoptr(FlVerdict) verdict = judge_parts(one, serial_len, wire_len, 65536, false);

	if (verdict->kind == FL_VERDICT_PASS)
		g_error("%s: PASS when cut to %zu bytes of console and %zu of wire", one->name,
			serial_len, wire_len);
}

static void never_passes_when_cut(gconstpointer data)
{
	const Case *one = data;

	for (size_t len = 0; may_cut(one, "console") && len < one->serial_len; len++)
		check_cut(one, len, one->wire_len);
	for (size_t len = 0; may_cut(one, "wire") && len < one->wire_len; len++)
		check_cut(one, one->serial_len, len);
}

/* ---- a benign line in between ---- */

/*
 * A line that says nothing, with the prefix that the line at this place has, but of another caller
 * where callers are printed. NULL where the line is not one of printk's.
 */
static char *benign_like(const char *line)
{
	size_t len = strcspn(line, "\n");
	FlLine parts = {0};
	size_t prefix = fl_lines_prefix(line, len, &parts);
	g_autofree char *stamp = NULL;

	if (!prefix)
		return NULL;
	stamp = g_strndup(line, parts.caller ? (size_t)(strchr(line, ']') - line) + 1 : prefix);
	return g_strdup_printf("%s%srandom: crng init done\n", stamp,
			       parts.caller ? "[ T4444] " : "");
}

/* All that a verdict says but the numbers of lines; caller frees. */
static char *without_places(const FlVerdict *verdict)
{
	g_autoptr(json_t) got = verdict_json(verdict);
	g_autoptr(GRegex) place = g_regex_new("serial\\.log:[0-9]+|\"(first|last)\": [0-9]+|"
					      "[0-9]+ lines|the last of [0-9]+ console lines.*",
					      0, 0, NULL);
	g_autofree char *text = fl_json_text(got);

	return g_regex_replace_literal(place, text, -1, 0, "", 0, NULL);
}

static void check_inserted(const Case *one, size_t at, const char *line, const char *want)
{
	Case with = *one;
	GString *serial = g_string_new_len(one->serial, (gssize)one->serial_len);
	g_autoptr(FlVerdict) verdict = NULL;
	g_autofree char *text = NULL;

	g_string_insert(serial, (gssize)at, line);
	with.serial = serial->str;
	with.serial_len = serial->len;
	verdict = judge_parts(&with, with.serial_len, with.wire_len, 65536, false);
	text = without_places(verdict);
	g_assert_cmpstr(text, ==, want);
	g_string_free(serial, TRUE);
}

static void benign_lines_change_nothing(gconstpointer data)
{
	const Case *one = data;
	g_autoptr(FlVerdict) whole = judge_parts(one, one->serial_len, one->wire_len, 65536, false);
	g_autofree char *want = without_places(whole);

	for (size_t at = 0; at < one->serial_len; at++) {
		g_autofree char *line = NULL;

		if (at && one->serial[at - 1] != '\n')
			continue;
		line = benign_like(one->serial + at);
		if (line)
			check_inserted(one, at, line, want);
	}
}

static bool has_note(const FlExplain *explain, const char *wanted)
{
	const GPtrArray *notes = fl_explain_notes(explain);

	for (guint i = 0; i < notes->len; i++)
		if (g_str_equal(notes->pdata[i], wanted))
			return true;
	return false;
}

static char *joined(const GPtrArray *notes)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < notes->len; i++)
		g_string_append_printf(text, "%s\n", (char *)notes->pdata[i]);
	return g_string_free(text, FALSE);
}

/* A note for each report of the console at its line, and one that gives the reason; else the same. */
static void explains_itself(gconstpointer data)
{
	const Case *one = data;
	g_autoptr(FlExplain) explain = fl_explain_new();
	g_autoptr(FlVerdict) verdict =
		judge_explained(one, one->serial_len, one->wire_len, 65536, false, explain);
	g_autoptr(json_t) got = verdict_json(verdict);
	g_autofree char *reason =
		g_strdup_printf("verdict: %s: %s", fl_verdict_name(verdict->kind), verdict->reason);
	g_autofree char *notes = joined(fl_explain_notes(explain));

	compare(one, got);
	if (verdict->kind != FL_VERDICT_PASS)
		g_assert_true(has_note(explain, reason));
	for (unsigned i = 0; i < verdict->splats->len; i++) {
		const FlSplat *splat = verdict->splats->pdata[i];
		g_autofree char *signature =
			g_strdup_printf(": %s [%s]", splat->title, splat->signature);

		g_assert_nonnull(strstr(notes, signature));
	}
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void there_are_cases(void)
{
	g_autoptr(GDir) dir = g_dir_open(CASES, 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(dir))
		n++;
	g_assert_cmpuint(n, >=, 120);
}

static void add_case(const char *name)
{
	static const struct {
		const char *promise;
		void (*fn)(gconstpointer data);
	} tests[] = {
		{"gives-the-expected-verdict", gives_the_expected_verdict},
		{"gives-the-same-in-any-pieces", gives_the_same_in_any_pieces},
		{"never-passes-when-cut", never_passes_when_cut},
		{"benign-lines-change-nothing", benign_lines_change_nothing},
		{"explains-itself", explains_itself},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("/judge/%s/%s", name, tests[i].promise);

		g_test_add_data_func_full(path, case_load(name), tests[i].fn, case_free);
	}
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = NULL;
	const char *name;
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	rules = fl_rules_load(RULES, NULL, NULL);
	g_assert_nonnull(rules);
	dir = g_dir_open(CASES, 0, NULL);
	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	for (unsigned i = 0; i < names->len; i++)
		add_case(names->pdata[i]);
	g_test_add_func("/judge/there-are-cases", there_are_cases);
	status = g_test_run();
	fl_rules_free(rules);
	return status;
}
