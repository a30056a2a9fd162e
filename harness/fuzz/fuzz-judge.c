// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ports of a guest, as a hostile guest would write them. The input is a byte of choices, the
 * console, a byte 0xff, and lines for the wire; a line is put into an envelope with a good checksum, so
 * that what it says is read, unless it begins with '!'.
 *
 * Promises: nothing crashes, also in the reports; the same bytes in other pieces give the same verdict;
 * there is always a reason; and a bare log never passes.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "judge/judge.h"
#include "judge/record.h"
#include "report/junit.h"
#include "report/ktap_report.h"
#include "report/result.h"
#include "report/text.h"

#include "fl_wire.h"

#include <string.h>

#define NONCE "0123456789abcdef"

static const char *const tests[] = {"shared-write-tmpfs", "vdso-fork", NULL};

static const FlRules *rules(void)
{
	static FlRules *loaded;

	if (!loaded)
		loaded = fl_rules_load(FL_TEST_SRCDIR "/configs/splats", NULL, NULL);
	g_assert(loaded);
	return loaded;
}

static void append_record(GString *wire, unsigned seq, const char *rest)
{
	g_autofree char *digits = g_strdup_printf("%06u", seq);
	uint32_t crc = fl_wire_crc(0xffffffffu, NONCE, FL_WIRE_NONCE_LEN);

	crc = fl_wire_crc(crc, digits, 6);
	crc = fl_wire_crc(crc, " ", 1);
	crc = ~fl_wire_crc(crc, rest, (uint32_t)strlen(rest));
	g_string_append_printf(wire, "@%s %08x %s\n", digits, crc, rest);
}

static GString *wire_of(const char *script, size_t len)
{
	g_autofree char *text = g_strndup(script, len);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *wire = g_string_new(NULL);
	unsigned seq = 0;

	for (char **line = lines; *line; line++) {
		if (**line == '!')
			g_string_append_printf(wire, "%s\n", *line + 1);
		else
			append_record(wire, seq++, *line);
	}
	return wire;
}

static void feed(FlJudge *judge, void (*fn)(FlJudge *, const char *, size_t), const char *bytes,
		 size_t len, size_t chunk)
{
	for (size_t at = 0; at < len; at += chunk)
		fn(judge, bytes + at, MIN(chunk, len - at));
}

static FlVerdict *judge_once(uint8_t choices, const char *console, size_t len, const GString *wire,
			     size_t chunk)
{
	bool bare = choices & 1;
	g_autoptr(FlExplain) explain = choices & 2 ? fl_explain_new() : NULL;
	FlJudgeSpec spec = {.tests = bare ? NULL : tests,
			    .nonce = bare ? NULL : NONCE,
			    .rules = rules(),
			    .explain = explain};
	g_autoptr(FlJudge) judge = fl_judge_new(&spec, NULL);
	uint64_t grace_us;

	feed(judge, fl_judge_console, console, len, chunk);
	feed(judge, fl_judge_wire, wire->str, wire->len, chunk);
	fl_judge_wants_stop(judge, &grace_us);
	return fl_judge_end(judge, (FlEnding)((choices >> 2) % (FL_ENDING_QEMU + 1)), NULL);
}

/* Takes the verdict. */
static void report(FlVerdict *verdict)
{
	g_autoptr(FlRunRecord) record = fl_record_new("fuzz");
	FlGuestRecord *guest = fl_record_guest_new("fuzz", 1);
	g_autofree char *junit = NULL;
	g_autofree char *ktap = NULL;
	g_autofree char *text = NULL;
	g_autoptr(json_t) json = NULL;

	fl_record_set_verdict(guest, verdict);
	g_ptr_array_add(record->guests, guest);
	fl_record_conclude(record);
	junit = fl_junit(record, NULL);
	ktap = fl_ktap_report(record);
	text = fl_text_guest(guest, true);
	json = fl_result_run(record);
	g_assert(json && g_utf8_validate(junit, -1, NULL) && ktap && text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *console = (const char *)data + 1, *script;
	g_autoptr(GString) wire = NULL;
	g_autoptr(FlVerdict) whole = NULL;
	g_autoptr(FlVerdict) pieces = NULL;

	if (!size)
		return 0;
	script = memchr(console, 0xff, size - 1);
	wire = script ? wire_of(script + 1, size - 2 - (size_t)(script - console))
		      : g_string_new(NULL);
	size = script ? (size_t)(script - console) : size - 1;
	whole = judge_once(data[0], console, size, wire, G_MAXUINT);
	pieces = judge_once(data[0], console, size, wire, 7);
	g_assert(whole->kind == pieces->kind && g_str_equal(whole->reason, pieces->reason));
	g_assert(*whole->reason);
	g_assert(!(data[0] & 1) || whole->kind != FL_VERDICT_PASS);
	report(g_steal_pointer(&whole));
	return 0;
}
