// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/bisect_text: the culprit, the confidence and the evidence stand in it, and
 * nothing that came from a repository reaches the terminal as a control character.
 */
#include "report/bisect_text.h"

#include <string.h>

static const char *const ids[] = {"0123abcd", NULL}, *const subjects[] = {"mm: \033[2J evil", NULL};

static void test_found(void)
{
	FlBisectReport report = {.found = true,
				 .confidence = 0.987,
				 .ids = ids,
				 .subjects = subjects,
				 .runs = 17,
				 .builds = 5,
				 .deterministic = true,
				 .first_bad = "out/runs/b",
				 .last_good = "out/runs/a"};
	g_autofree char *text = fl_bisect_text(&report);
	json_t *json = fl_bisect_text_json(&report);

	g_assert_nonnull(strstr(text, "FIRST BAD: 0123abcd mm: ?[2J evil\n"));
	g_assert_nonnull(strstr(text, "98.7 %, after 17 runs of 5 kernels"));
	g_assert_nonnull(strstr(text, "last good: out/runs/a"));
	g_assert_nonnull(strstr(text, "its runs were deterministic: faultline replay repeats"));
	g_assert_true(json_is_true(json_object_get(json, "deterministic")));
	g_assert_true(json_is_true(json_object_get(json, "found")));
	g_assert_cmpuint(json_array_size(json_object_get(json, "culprits")), ==, 1);
	json_decref(json);
}

static void test_not_found(void)
{
	FlBisectReport report = {.outcome = "no luck"};
	g_autofree char *text = fl_bisect_text(&report);

	g_assert_nonnull(strstr(text, "NOT FOUND: no luck"));
}

static void test_entries(void)
{
	static const struct {
		const char *entry, *text;
	} cases[] = {
		{"{\"id\": \"a\", \"subject\": \"s\", \"image\": \"x\"}", "built       a s"},
		{"{\"id\": \"long-name.patch\", \"subject\": \"long-name.patch\", \"image\": "
		 "\"x\"}",
		 "built       long-name.patch"},
		{"{\"id\": \"0123456789abcdef\", \"subject\": \"s\", \"image\": \"x\"}",
		 "built       0123456789ab s"},
		{"{\"id\": \"\\u001b[2J\", \"subject\": \"s\", \"image\": \"x\"}",
		 "built       ?[2J s"},
		{"{\"id\": \"a\", \"subject\": \"s\", \"image\": null, \"reason\": \"r\"}",
		 "no build    a s: r"},
		{"{\"id\": \"a\", \"subject\": \"s\", \"seen\": \"fail\", \"evidence\": \"e\"}",
		 "fail        a s (e); likeliest so far 50 %"},
		{"{\"id\": \"a\", \"subject\": \"s\", \"seen\": \"fail\", \"evidence\": \"e\", "
		 "\"way\": \"deterministic\"}",
		 "fail        a s, deterministic (e); likeliest so far 50 %"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *entry = json_loads(cases[i].entry, 0, NULL);
		g_autofree char *text = fl_bisect_text_entry(entry, 0.5);

		g_assert_cmpstr(text, ==, cases[i].text);
		json_decref(entry);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/bisect-text/found", test_found);
	g_test_add_func("/bisect-text/not-found", test_not_found);
	g_test_add_func("/bisect-text/entries", test_entries);
	return g_test_run();
}
