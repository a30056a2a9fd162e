/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes records of the wire (fl_wire.h). Knows the form of a line and nothing of what it says.
 */
#pragma once

#include "fl_wire.h"

#include <stdbool.h>
#include <stddef.h>

struct emit {
	int fd;
	uint32_t seq;
	char nonce[FL_WIRE_NONCE_LEN];
	size_t len;
	char lines[16 * FL_WIRE_LINE_MAX]; /* whole lines that wait for the next flush */
};

void emit_init(struct emit *emit, int fd, const char nonce[FL_WIRE_NONCE_LEN]);

/* One record; what does not fit into its payload is cut off. */
void emit_record(struct emit *emit, char kind, const char *text, size_t len);
void emit_printf(struct emit *emit, char kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As many records as the text needs, each payload beginning with the head. */
void emit_split(struct emit *emit, char kind, const char *head, const char *text, size_t len);

/* Writes the lines that wait; false: the port failed, and the lines are gone. */
bool emit_flush(struct emit *emit);
