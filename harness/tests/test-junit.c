// SPDX-License-Identifier: GPL-2.0-only
/*
 * Promises of report/junit: well-formed XML whatever a guest printed, and counts that agree.
 */
#include "report/junit.h"

#include "tests/record-fixture.h"

#include <string.h>

static unsigned occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

static const char *const names[] = {"serial.log", "wire.log", NULL};
static const FlJunitFiles files = {.dir = "/out/a & b", .files = names, .autopsy = "autopsy.txt"};

static void test_well_formed(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *xml = fl_junit(record, &files);
	GMarkupParser parser = {0};
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_markup_parse_context_parse(context, xml, -1, &error));
	g_assert_true(g_markup_parse_context_end_parse(context, &error));
	g_assert_no_error(error);
	for (const char *c = xml; *c; c++)
		g_assert_true((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t');
}

static void test_counts(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	g_autofree char *xml = fl_junit(record, NULL);

	g_assert_nonnull(strstr(
		xml, "name=\"patched\" tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\""));
	g_assert_nonnull(strstr(
		xml,
		"name=\"patched-debug\" tests=\"3\" failures=\"2\" errors=\"1\" skipped=\"0\""));
	g_assert_cmpuint(occurrences(xml, "<testcase"), ==, 6);
	g_assert_cmpuint(occurrences(xml, "<failure"), ==, 2);
	g_assert_cmpuint(occurrences(xml, "<error"), ==, 1);
	g_assert_cmpuint(occurrences(xml, "<skipped"), ==, 1);
}

static void test_attachments(void)
{
	g_autoptr(FlRunRecord) record = fixture_record();
	FlGuestRecord *hung = g_ptr_array_index(record->guests, 1);
	g_autofree char *without = fl_junit(record, NULL);
	g_autofree char *xml = NULL;

	hung->verdict->autopsy = json_object();
	xml = fl_junit(record, &files);
	g_assert_null(strstr(without, "ATTACHMENT"));
	g_assert_cmpuint(occurrences(xml, "[[ATTACHMENT|"), ==, 5);
	g_assert_nonnull(strstr(xml,
				"<system-out>[[ATTACHMENT|/out/a &amp; b/patched/serial.log]]\n"
				"[[ATTACHMENT|/out/a &amp; b/patched/wire.log]]\n"
				"</system-out>\n"));
	g_assert_nonnull(strstr(xml, "/patched-debug/autopsy.txt]]"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/junit/is-well-formed-whatever-was-printed", test_well_formed);
	g_test_add_func("/junit/counts-agree-with-the-cases", test_counts);
	g_test_add_func("/junit/evidence-is-attached-by-its-path", test_attachments);
	return g_test_run();
}
