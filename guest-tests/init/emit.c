// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wire records out: escape, number, checksum, and whole lines to the port. Lines are collected
 * until emit_flush or until the buffer is full, since each write to a serial port is dear.
 * Needs nothing of a guest: the host's tests compile this file as it is.
 */
#include "emit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct payload {
	char text[FL_WIRE_PAYLOAD_MAX];
	size_t len;
};

void emit_init(struct emit *emit, int fd, const char nonce[FL_WIRE_NONCE_LEN])
{
	emit->fd = fd;
	emit->seq = 0;
	emit->len = 0;
	memcpy(emit->nonce, nonce, FL_WIRE_NONCE_LEN);
}

/* How many of the bytes found room. */
static size_t escape(struct payload *payload, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];
		bool plain = byte >= 0x20 && byte <= 0x7e && byte != '\\';

		if (payload->len + (plain ? 1 : 4) > FL_WIRE_PAYLOAD_MAX)
			break;
		if (plain) {
			payload->text[payload->len++] = (char)byte;
			continue;
		}
		payload->text[payload->len++] = '\\';
		payload->text[payload->len++] = 'x';
		payload->text[payload->len++] = hex[byte >> 4];
		payload->text[payload->len++] = hex[byte & 15];
	}
	return i;
}

static uint32_t checksum(const struct emit *emit, const char *digits, char kind,
			 const struct payload *payload)
{
	const char between[] = {' ', kind, ' '};
	uint32_t crc = 0xffffffffu;

	crc = fl_wire_crc(crc, emit->nonce, FL_WIRE_NONCE_LEN);
	crc = fl_wire_crc(crc, digits, 6);
	crc = fl_wire_crc(crc, between, sizeof(between));
	crc = fl_wire_crc(crc, payload->text, (uint32_t)payload->len);
	return ~crc;
}

static void put_line(struct emit *emit, char kind, const struct payload *payload)
{
	char digits[8];
	int len;

	if (emit->len + FL_WIRE_LINE_MAX > sizeof(emit->lines))
		(void)emit_flush(emit);
	snprintf(digits, sizeof(digits), "%06u", emit->seq % FL_WIRE_SEQ_MODULO);
	len = snprintf(emit->lines + emit->len, FL_WIRE_LINE_MAX, "%c%s %08x %c %.*s\n",
		       FL_WIRE_MARK, digits, checksum(emit, digits, kind, payload), kind,
		       (int)payload->len, payload->text);
	emit->len += (size_t)len;
	emit->seq = (emit->seq + 1) % FL_WIRE_SEQ_MODULO;
}

void emit_record(struct emit *emit, char kind, const char *text, size_t len)
{
	struct payload payload = {.len = 0};

	escape(&payload, text, len);
	put_line(emit, kind, &payload);
}

void emit_printf(struct emit *emit, char kind, const char *format, ...)
{
	char text[2 * FL_WIRE_PAYLOAD_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	emit_record(emit, kind, text, strlen(text));
}

void emit_split(struct emit *emit, char kind, const char *head, const char *text, size_t len)
{
	do {
		struct payload payload = {.len = 0};
		size_t done;

		escape(&payload, head, strlen(head));
		done = escape(&payload, text, len);
		put_line(emit, kind, &payload);
		if (!done)
			return;
		text += done;
		len -= done;
	} while (len);
}

bool emit_flush(struct emit *emit)
{
	size_t done = 0;

	while (done < emit->len) {
		ssize_t n = write(emit->fd, emit->lines + done, emit->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	bool complete = done == emit->len;

	emit->len = 0;
	return complete;
}
