/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of the wire (fl_wire.h) to records: form, checksum with the run's nonce, sequence.
 *
 * What has not the form or the checksum is noise. A record that comes again, or a gap, means that
 * the evidence is not whole. Knows the envelope, not what the payloads mean.
 */
#pragma once

#include "fl_wire.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
	char kind;	     /* FL_WIRE_HELLO ... */
	const char *payload; /* escapes undone, NUL-terminated; valid for the call only */
	size_t len;	     /* may hold NUL bytes of its own */
} FlWireRecord;

typedef void (*FlWireFn)(const FlWireRecord *record, gpointer data);

typedef struct {
	char nonce[FL_WIRE_NONCE_LEN + 1];
	uint32_t crc_table[256];
	uint32_t expected; /* sequence number of the next record */
	uint64_t n_records;
	uint64_t n_lost;  /* records missing before the last one seen */
	uint64_t n_again; /* good records with a number that was there before */
	uint64_t n_noise; /* lines that are no record */
	GString *partial;
	GString *payload;
	bool overlong;
	FlWireFn fn;
	gpointer data;
} FlWire;

/* A nonce of the wrong length makes every line noise. */
void fl_wire_init(FlWire *wire, const char *nonce, FlWireFn fn, gpointer data);
void fl_wire_clear(FlWire *wire);
void fl_wire_feed(FlWire *wire, const char *bytes, size_t len);
