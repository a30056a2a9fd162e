/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that another process appends to, read as it grows: what a serial port said.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct FlConsole FlConsole;

typedef void (*FlConsoleFn)(const char *bytes, size_t len, gpointer data);

/* Creates the file empty and follows it. on_bytes is called from the main loop. */
FlConsole *fl_console_new(const char *path, FlConsoleFn on_bytes, gpointer data,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Hands on at once what there is, up to about max bytes (0: all). */
void fl_console_drain(FlConsole *console, uint64_t max);

/* Bytes handed on so far. */
uint64_t fl_console_total(const FlConsole *console);

void fl_console_free(FlConsole *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlConsole, fl_console_free)
