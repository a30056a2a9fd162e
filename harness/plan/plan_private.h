/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the readers of a plan's sections share, and nobody else needs.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Sets FL_PLAN_ERROR_SYNTAX; always false. The INI reader puts file and line before the text. */
bool fl_plan_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
