/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Progress on standard error. On a terminal one live line that is rewritten; elsewhere plain
 * lines without control characters. Results never go through here: they are printed by cli/.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { FL_LOG_QUIET, FL_LOG_NORMAL, FL_LOG_VERBOSE } FlLogLevel;

/* Called once by cli/; terminal and color say what standard error can show. */
void fl_log_setup(FlLogLevel level, bool terminal, bool color);

/* A finished step; kept on the screen. */
void fl_log_step(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* What is going on now: replaces the live line on a terminal, nothing elsewhere. */
void fl_log_live(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Only with --verbose. */
void fl_log_detail(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Something the user should know although the run goes on; printed also with --quiet. */
void fl_log_warning(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Takes the live line away, before a result is printed. */
void fl_log_clear(void);
