// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of the wire. A last line without its newline is never a record: it may be cut.
 */
#include "judge/wire.h"

#include <string.h>

enum { SEQ_DIGITS = 6, CRC_DIGITS = 8, SEQ_AT = 1, CRC_AT = 8, KIND_AT = 17, PAYLOAD_AT = 19 };

void fl_wire_init(FlWire *wire, const char *nonce, FlWireFn fn, gpointer data)
{
	*wire = (FlWire){.fn = fn, .data = data};
	if (nonce && strlen(nonce) == FL_WIRE_NONCE_LEN)
		memcpy(wire->nonce, nonce, FL_WIRE_NONCE_LEN);
	for (unsigned i = 0; i < 256; i++)
		wire->crc_table[i] = fl_wire_crc_step(0, (unsigned char)i);
	wire->partial = g_string_new(NULL);
	wire->payload = g_string_new(NULL);
}

void fl_wire_clear(FlWire *wire)
{
	if (wire->partial)
		g_string_free(wire->partial, TRUE);
	if (wire->payload)
		g_string_free(wire->payload, TRUE);
	*wire = (FlWire){0};
}

static uint32_t crc_add(const FlWire *wire, uint32_t crc, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		crc = wire->crc_table[(crc ^ (unsigned char)bytes[i]) & 0xff] ^ (crc >> 8);
	return crc;
}

static uint32_t crc_of(const FlWire *wire, const char *line, size_t len)
{
	uint32_t crc = crc_add(wire, 0xffffffffu, wire->nonce, FL_WIRE_NONCE_LEN);

	crc = crc_add(wire, crc, line + SEQ_AT, SEQ_DIGITS);
	crc = crc_add(wire, crc, line + KIND_AT - 1, len - (KIND_AT - 1));
	return ~crc;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_number(const char *text, unsigned digits, unsigned base, uint32_t *ret_value)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < digits; i++) {
		int digit = hex_value(text[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		value = value * base + (uint32_t)digit;
	}
	*ret_value = value;
	return true;
}

static bool unescape(GString *out, const char *text, size_t len)
{
	g_string_truncate(out, 0);
	for (size_t i = 0; i < len; i++) {
		int high, low;

		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e)
			return false;
		if (text[i] != '\\') {
			g_string_append_c(out, text[i]);
			continue;
		}
		if (i + 3 >= len || text[i + 1] != 'x' || (high = hex_value(text[i + 2])) < 0 ||
		    (low = hex_value(text[i + 3])) < 0)
			return false;
		g_string_append_c(out, (char)(high << 4 | low));
		i += 3;
	}
	return true;
}

static bool has_form(const char *line, size_t len, uint32_t *ret_seq, uint32_t *ret_crc)
{
	return len >= PAYLOAD_AT && len < FL_WIRE_LINE_MAX && line[0] == FL_WIRE_MARK &&
	       line[CRC_AT - 1] == ' ' && line[KIND_AT - 1] == ' ' && line[KIND_AT + 1] == ' ' &&
	       read_number(line + SEQ_AT, SEQ_DIGITS, 10, ret_seq) &&
	       read_number(line + CRC_AT, CRC_DIGITS, 16, ret_crc);
}

static void take_line(FlWire *wire, const char *line, size_t len)
{
	uint32_t seq, crc, ahead;
	FlWireRecord record;

	if (len && line[len - 1] == '\r')
		len--;
	if (!len)
		return;
	if (!wire->nonce[0] || !has_form(line, len, &seq, &crc) || crc != crc_of(wire, line, len) ||
	    !unescape(wire->payload, line + PAYLOAD_AT, len - PAYLOAD_AT)) {
		wire->n_noise++;
		return;
	}
	ahead = (seq + FL_WIRE_SEQ_MODULO - wire->expected) % FL_WIRE_SEQ_MODULO;
	if (ahead > FL_WIRE_SEQ_MODULO / 2) {
		wire->n_again++;
		return;
	}
	wire->n_lost += ahead;
	wire->expected = (seq + 1) % FL_WIRE_SEQ_MODULO;
	wire->n_records++;
	record = (FlWireRecord){line[KIND_AT], wire->payload->str, wire->payload->len};
	wire->fn(&record, wire->data);
}

static void keep_partial(FlWire *wire, const char *bytes, size_t len)
{
	if (wire->partial->len + len > FL_WIRE_LINE_MAX) {
		wire->overlong = true;
		len = FL_WIRE_LINE_MAX - MIN(wire->partial->len, FL_WIRE_LINE_MAX);
	}
	g_string_append_len(wire->partial, bytes, (gssize)len);
}

void fl_wire_feed(FlWire *wire, const char *bytes, size_t len)
{
	const char *end = bytes + len, *newline;

	while (bytes < end && (newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		keep_partial(wire, bytes, (size_t)(newline - bytes));
		if (wire->overlong)
			wire->n_noise++;
		else
			take_line(wire, wire->partial->str, wire->partial->len);
		g_string_truncate(wire->partial, 0);
		wire->overlong = false;
		bytes = newline + 1;
	}
	if (bytes < end)
		keep_partial(wire, bytes, (size_t)(end - bytes));
}
