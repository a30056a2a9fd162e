/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of a kernel console to lines: CR, ANSI sequences and NULs taken out, the printk prefix
 * read and taken off, torn lines parted at the prefix that stands in their middle. Knows nothing of what the lines mean.
 *
 * A prefix, every part of it optional except that a stamp or a level makes it one:
 *     <4>[    1.234567][   T12] text
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer lines are cut here; the kernel's own limit is below 2 KiB. */
#define FL_LINES_MAX 8192

typedef struct {
	const char *text; /* after the prefix, NUL-terminated, valid for the call only */
	size_t len;
	unsigned number;   /* from 1; two halves of a torn line have the same */
	uint64_t stamp_us; /* of the prefix, 0 when there is none */
	uint32_t caller;   /* a number for "T12" or "C1"; 0: not printed */
	bool stamped;	   /* it had a time or a level: the kernel's printk made it */
	bool torn;	   /* its end may be missing: another line began in it, or it was cut */
} FlLine;

typedef void (*FlLineFn)(const FlLine *line, gpointer data);

typedef struct {
	GString *partial;  /* the line whose end has not come */
	char *scratch;	   /* a line as it is handed out, FL_LINES_MAX + 1 bytes */
	unsigned number;   /* lines seen so far */
	bool overlong;	   /* the rest of the present line is thrown away */
	bool any_stamp;	   /* this console prints time stamps */
	uint64_t dated_us; /* of the last line that had a date */
	uint64_t n_nul;	   /* NUL bytes taken out */
	FlLineFn fn;
	gpointer data;
} FlLines;

void fl_lines_init(FlLines *lines, FlLineFn fn, gpointer data);
void fl_lines_clear(FlLines *lines);

/* Any pieces of the same bytes give the same calls. */
void fl_lines_feed(FlLines *lines, const char *bytes, size_t len);

/* Hands out a last line that has no newline. */
void fl_lines_end(FlLines *lines);

/* Reads a printk prefix; returns its length, 0 when there is none. For kmsg and tests too. */
size_t fl_lines_prefix(const char *text, size_t len, FlLine *ret_line);
