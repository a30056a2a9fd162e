// SPDX-License-Identifier: GPL-2.0-only
/*
 * The envelope of the wire. The sender here is written from fl_wire.h, not from wire.c.
 */
#include "judge/wire.h"

#include <string.h>

#define NONCE "0123456789abcdef"

static char *record(unsigned seq, const char *nonce, const char *rest)
{
	g_autofree char *digits = g_strdup_printf("%06u", seq);
	uint32_t crc = fl_wire_crc(0xffffffffu, nonce, FL_WIRE_NONCE_LEN);

	crc = fl_wire_crc(crc, digits, 6);
	crc = fl_wire_crc(crc, " ", 1);
	crc = ~fl_wire_crc(crc, rest, (uint32_t)strlen(rest));
	return g_strdup_printf("@%s %08x %s\n", digits, crc, rest);
}

static void append(const FlWireRecord *one, gpointer data)
{
	g_string_append_printf(data, "%c(%s)", one->kind, one->payload);
}

static char *parse(FlWire *wire, const char *bytes, size_t chunk)
{
	GString *out = g_string_new(NULL);

	fl_wire_init(wire, NONCE, append, out);
	for (size_t at = 0, len = strlen(bytes); at < len; at += chunk)
		fl_wire_feed(wire, bytes + at, MIN(chunk, len - at));
	return g_string_free(out, FALSE);
}

static void good_records_come_through(void)
{
	g_autofree char *a = record(0, NONCE, "H proto=1"),
			*b = record(1, NONCE, "O 1 a\\x09\\x5cb");
	g_autofree char *bytes = g_strconcat(a, b, NULL);

	for (size_t chunk = 1; chunk < 9; chunk++) {
		FlWire wire;
		g_autofree char *got = parse(&wire, bytes, chunk);

		g_assert_cmpstr(got, ==, "H(proto=1)O(1 a\t\\b)");
		g_assert_cmpuint(wire.n_lost + wire.n_again + wire.n_noise, ==, 0);
		fl_wire_clear(&wire);
	}
}

static void what_is_no_record_is_noise(void)
{
	g_autofree char *other = record(0, "fedcba9876543210", "E bye");
	g_autofree char *escape = record(0, NONCE, "O 1 \\xg0"),
			*upper = record(0, NONCE, "O \\x5C");
	const char *const lines[] = {
		"hello\n", "@000000 00000000 E bye\n", "@\n", other, escape, upper, "@000000\n"};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		FlWire wire;
		g_autofree char *got = parse(&wire, lines[i], 1000);

		g_assert_cmpstr(got, ==, "");
		g_assert_cmpuint(wire.n_noise, ==, 1);
		fl_wire_clear(&wire);
	}
}

static void gaps_and_repeats_are_counted(void)
{
	g_autofree char *a = record(0, NONCE, "B 1"), *d = record(3, NONCE, "B 1");
	g_autofree char *bytes = g_strconcat(a, d, a, NULL);
	FlWire wire;
	g_autofree char *got = parse(&wire, bytes, 5);

	g_assert_cmpstr(got, ==, "B(1)B(1)");
	g_assert_cmpuint(wire.n_lost, ==, 2);
	g_assert_cmpuint(wire.n_again, ==, 1);
	fl_wire_clear(&wire);
}

static void a_record_without_its_newline_does_not_count(void)
{
	g_autofree char *bytes = record(0, NONCE, "E bye");
	g_autofree char *got = NULL;
	FlWire wire;

	bytes[strlen(bytes) - 1] = '\0';
	got = parse(&wire, bytes, 3);
	g_assert_cmpstr(got, ==, "");
	fl_wire_clear(&wire);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/wire/good-records-come-through", good_records_come_through);
	g_test_add_func("/wire/what-is-no-record-is-noise", what_is_no_record_is_noise);
	g_test_add_func("/wire/gaps-and-repeats-are-counted", gaps_and_repeats_are_counted);
	g_test_add_func("/wire/a-record-without-its-newline-does-not-count",
			a_record_without_its_newline_does_not_count);
	return g_test_run();
}
