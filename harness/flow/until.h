/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits for a line of the serial console that has a text in it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
	const char *text; /* borrowed */
	GString *line;	  /* the one that is coming in, or the one that was found */
	unsigned number;  /* of that line, from 1; 0 before the first byte */
	bool found;
} FlUntil;

FlUntil *fl_until_new(const char *text);

/* More bytes of the console; true from the line on that was waited for, once it is complete. */
bool fl_until_feed(FlUntil *until, const char *bytes, size_t len);

void fl_until_free(FlUntil *until);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlUntil, fl_until_free)
