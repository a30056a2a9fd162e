// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of the wire, compiled as it is and without a guest: every line that the emitter
 * writes is read back by a parser and a CRC of this file's own, and the reports of test programs,
 * good and bad, are turned into the KTAP that they deserve.
 */
#include "../../guest-tests/init/emit.c"
#include "../../guest-tests/init/result.c"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>

#define NONCE "0123456789abcdef"

/* The textbook form, bit by bit, over one string; not the one of fl_wire.h. */
static uint32_t crc32_of(const char *bytes, size_t len)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < len; i++)
		for (int bit = 0; bit < 8; bit++) {
			uint32_t in = ((unsigned char)bytes[i] >> bit) & 1;

			crc = (crc >> 1) ^ ((crc ^ in) & 1 ? 0xedb88320u : 0);
		}
	return ~crc;
}

typedef struct {
	struct emit emit;
	int read_fd;
} Wire;

static Wire *wire_new(void)
{
	Wire *wire = g_new0(Wire, 1);
	int fds[2];

	g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
	fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	emit_init(&wire->emit, fds[1], NONCE);
	wire->read_fd = fds[0];
	return wire;
}

static void wire_free(Wire *wire)
{
	close(wire->read_fd);
	close(wire->emit.fd);
	g_free(wire);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wire, wire_free)

static char *wire_take(Wire *wire)
{
	GString *bytes = g_string_new(NULL);
	char part[4096];
	ssize_t len;

	g_assert_true(emit_flush(&wire->emit));
	while ((len = read(wire->read_fd, part, sizeof(part))) > 0)
		g_string_append_len(bytes, part, len);
	return g_string_free(bytes, FALSE);
}

static char *unescape(const char *payload)
{
	GString *text = g_string_new(NULL);

	for (const char *p = payload; *p; p++) {
		g_assert_true(*p >= 0x20 && *p <= 0x7e);
		if (*p != '\\') {
			g_string_append_c(text, *p);
			continue;
		}
		g_assert_true(p[1] == 'x' && g_ascii_isxdigit(p[2]) && g_ascii_isxdigit(p[3]));
		g_string_append_c(
			text, (char)(g_ascii_xdigit_value(p[2]) * 16 + g_ascii_xdigit_value(p[3])));
		p += 3;
	}
	return g_string_free(text, FALSE);
}

/* Checks the form and the checksum of a line, and gives its payload. */
static char *payload_of(const char *line, unsigned seq, char kind)
{
	g_autofree char *head = g_strdup_printf("@%06u ", seq);
	g_autofree char *summed = NULL;
	g_autofree char *crc = NULL;

	g_assert_cmpuint(strlen(line), <, FL_WIRE_LINE_MAX);
	g_assert_true(g_str_has_prefix(line, head));
	g_assert_cmpuint(strlen(line), >=, 19);
	g_assert_true(line[16] == ' ' && line[17] == kind && line[18] == ' ');
	summed = g_strdup_printf(NONCE "%06u %c %s", seq, kind, line + 19);
	crc = g_strdup_printf("%08x", crc32_of(summed, strlen(summed)));
	g_assert_cmpmem(line + 8, 8, crc, 8);
	return unescape(line + 19);
}

static void test_known_record(void)
{
	g_autoptr(Wire) wire = wire_new();
	g_autofree char *bytes = NULL;
	g_auto(GStrv) lines = NULL;
	g_autofree char *payload = NULL;

	/* The check value that every CRC-32 is known by. */
	g_assert_cmphex(crc32_of("123456789", 9), ==, 0xcbf43926);
	emit_printf(&wire->emit, FL_WIRE_KTAP, "ok %d %s", 3, "shared-write-tmpfs");
	bytes = wire_take(wire);
	lines = g_strsplit(bytes, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 2);
	g_assert_cmpstr(lines[1], ==, "");
	payload = payload_of(lines[0], 0, FL_WIRE_KTAP);
	g_assert_cmpstr(payload, ==, "ok 3 shared-write-tmpfs");
}

static void test_every_byte_survives(void)
{
	g_autoptr(Wire) wire = wire_new();
	g_autofree char *bytes = NULL;
	g_autofree char *payload = NULL;
	char every[255];

	for (int i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	emit_record(&wire->emit, FL_WIRE_OUTPUT, every, 224);
	bytes = wire_take(wire);
	g_assert_cmpint(bytes[strlen(bytes) - 1], ==, '\n');
	bytes[strlen(bytes) - 1] = '\0';
	payload = payload_of(bytes, 0, FL_WIRE_OUTPUT);
	g_assert_cmpmem(payload, strlen(payload), every, 224);
}

static void test_long_output_is_split(void)
{
	g_autoptr(Wire) wire = wire_new();
	g_autofree char *text = g_strnfill(10000, 'x');
	g_autoptr(GString) joined = g_string_new(NULL);
	g_autofree char *bytes = NULL;
	g_auto(GStrv) lines = NULL;

	for (size_t i = 0; i < 10000; i += 7)
		text[i] = '\\';
	emit_split(&wire->emit, FL_WIRE_OUTPUT, "3 ", text, 10000);
	bytes = wire_take(wire);
	lines = g_strsplit(bytes, "\n", -1);
	for (unsigned i = 0; *lines[i]; i++) {
		g_autofree char *payload = payload_of(lines[i], i, FL_WIRE_OUTPUT);

		g_assert_true(g_str_has_prefix(payload, "3 "));
		g_string_append(joined, payload + 2);
	}
	g_assert_cmpstr(joined->str, ==, text);
}

static void test_sequence_wraps(void)
{
	g_autoptr(Wire) wire = wire_new();
	g_autofree char *bytes = NULL;
	g_auto(GStrv) lines = NULL;

	wire->emit.seq = FL_WIRE_SEQ_MODULO - 1;
	emit_printf(&wire->emit, FL_WIRE_BEAT, "1");
	emit_printf(&wire->emit, FL_WIRE_BEAT, "2");
	bytes = wire_take(wire);
	lines = g_strsplit(bytes, "\n", -1);
	g_free(payload_of(lines[0], 999999, FL_WIRE_BEAT));
	g_free(payload_of(lines[1], 0, FL_WIRE_BEAT));
}

static void test_flood_is_whole_lines(void)
{
	g_autoptr(Wire) wire = wire_new();
	g_autofree char *bytes = NULL;
	g_auto(GStrv) lines = NULL;

	for (int i = 0; i < 5000; i++)
		emit_printf(&wire->emit, FL_WIRE_KMSG, "6,%d,0,-;a line of the kernel's log", i);
	bytes = wire_take(wire);
	lines = g_strsplit(bytes, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 5001);
	for (unsigned i = 0; i < 5000; i++)
		g_free(payload_of(lines[i], i, FL_WIRE_KMSG));
}

static void test_forged_record_is_text(void)
{
	g_autoptr(Wire) wire = wire_new();
	const char *forged = "\n@000001 00000000 T ok 1 forged\n";
	g_autofree char *bytes = NULL;
	g_auto(GStrv) lines = NULL;

	emit_split(&wire->emit, FL_WIRE_OUTPUT, "1 ", forged, strlen(forged));
	bytes = wire_take(wire);
	lines = g_strsplit(bytes, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 2);
	g_free(payload_of(lines[0], 0, FL_WIRE_OUTPUT));
}

typedef struct {
	const char *name, *report;
	bool holds;
	const char *reason; /* the beginning of it */
} ReportCase;

static const ReportCase report_cases[] = {
	{"all-held", "plan 2\nok a\nok b\ndone\n", true, ""},
	{"case-skipped", "plan 1\nskip a no disk\ndone\n", true, ""},
	{"test-skipped", "skip-all no disk\ndone\n", true, ""},
	{"nothing", "", false, "the test program ended without having reported a plan"},
	{"only-done", "done\n", false, "the test program ended without having reported a plan"},
	{"case-missing", "plan 2\nok a\ndone\n", false,
	 "the test program reported 1 of 2 planned cases"},
	{"done-missing", "plan 1\nok a\n", false, "the test program reported 1 of 1 planned cases"},
	{"half-line", "plan 1\nok a\ndone\nok", false, "the test program reported 1 of 1"},
	{"case-failed", "plan 2\nnot a it broke\nok b\ndone\n", false, "a: it broke"},
	{"two-failed", "plan 2\nnot a it broke\nnot b too\ndone\n", false,
	 "a: it broke (and 1 more of 2"},
	{"no-plan", "ok a\ndone\n", false, "the test program reported a case outside of its plan"},
	{"too-many", "plan 1\nok a\nok b\ndone\n", false,
	 "the test program reported a case outside"},
	{"after-done", "plan 2\nok a\ndone\nok b\n", false,
	 "the test program reported a case outside"},
	{"two-plans", "plan 1\nplan 1\nok a\ndone\n", false,
	 "the test program reported a plan that cannot"},
	{"empty-plan", "plan 0\ndone\n", false, "the test program reported a plan that cannot be"},
	{"huge-plan", "plan 99999999999999999999\n", false,
	 "the test program reported a plan that cannot"},
	{"unknown-line", "plan 1\nok a\nhello there\ndone\n", false,
	 "the test program's report is malformed"},
	{"bad-figure", "plan 1\nadd faults many\nok a\ndone\n", false,
	 "the test program reported a figure"},
	{"skip-after-plan", "plan 1\nskip-all why\n", false,
	 "the test program's report is malformed"},
	{"skip-after-fail", "plan 1\nnot a it broke\nskip-all no\n", false,
	 "the test program's report"},
	{"skip-before-plan", "skip-all no\nplan 1\nok a\ndone\n", false,
	 "the test program both skipped"},
};

static void test_report(const void *data)
{
	const ReportCase *c = data;
	g_autoptr(Wire) wire = wire_new();
	struct result result;
	char reason[RESULT_REASON_MAX] = "";

	result_init(&result, "some-test");
	/* Byte by byte: a pipe may cut a report anywhere. */
	for (const char *p = c->report; *p; p++)
		result_feed(&result, &wire->emit, p, 1);
	g_assert_true(result_holds(&result, reason, sizeof(reason)) == c->holds);
	if (!g_str_has_prefix(reason, c->reason))
		g_assert_cmpstr(reason, ==, c->reason);
}

static void test_report_becomes_ktap(void)
{
	static const char *const expected[] = {
		"    KTAP version 1",
		"    # Subtest: some-test",
		"    1..3",
		"    ok 1 a",
		"    # b: it broke",
		"    not ok 2 b",
		"    ok 3 c # SKIP no disk",
	};
	static const char report[] = "plan 3\nok a\nnot b it broke\nskip c no disk\ndone\n";
	g_autoptr(Wire) wire = wire_new();
	g_autofree char *bytes = NULL;
	g_auto(GStrv) lines = NULL;
	struct result result;

	result_init(&result, "some-test");
	result_feed(&result, &wire->emit, report, strlen(report));
	bytes = wire_take(wire);
	lines = g_strsplit(bytes, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, G_N_ELEMENTS(expected) + 1);
	for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_autofree char *payload = payload_of(lines[i], i, FL_WIRE_KTAP);

		g_assert_cmpstr(payload, ==, expected[i]);
	}
}

static void test_figures(void)
{
	static const char report[] =
		"plan 1\nadd faults 3\nadd faults 4\nmax longest 9\nmax longest 5\n"
		"ok a\ndone\n";
	g_autoptr(Wire) wire = wire_new();
	struct result result;

	result_init(&result, "some-test");
	result_feed(&result, &wire->emit, report, strlen(report));
	g_assert_cmpuint(result.n_metrics, ==, 2);
	g_assert_cmpstr(result.metrics[0].name, ==, "faults");
	g_assert_cmpint(result.metrics[0].value, ==, 7);
	g_assert_cmpstr(result.metrics[1].name, ==, "longest");
	g_assert_cmpint(result.metrics[1].value, ==, 9);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/guest-wire/a-record-has-the-documented-form", test_known_record);
	g_test_add_func("/guest-wire/every-byte-survives-escaping", test_every_byte_survives);
	g_test_add_func("/guest-wire/long-output-is-split-and-loses-nothing",
			test_long_output_is_split);
	g_test_add_func("/guest-wire/the-sequence-wraps", test_sequence_wraps);
	g_test_add_func("/guest-wire/a-flood-is-whole-lines-without-a-gap",
			test_flood_is_whole_lines);
	g_test_add_func("/guest-wire/a-forged-record-stays-text", test_forged_record_is_text);
	g_test_add_func("/guest-wire/a-report-becomes-nested-ktap", test_report_becomes_ktap);
	g_test_add_func("/guest-wire/figures-are-summed-or-the-greatest", test_figures);
	for (size_t i = 0; i < G_N_ELEMENTS(report_cases); i++) {
		g_autofree char *path =
			g_strdup_printf("/guest-wire/report/%s", report_cases[i].name);

		g_test_add_data_func(path, &report_cases[i], test_report);
	}
	return g_test_run();
}
