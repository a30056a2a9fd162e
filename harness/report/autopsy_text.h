/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was found in a guest that hung (judge/autopsy.h), in words.
 */
#pragma once

#include <jansson.h>

/* Lines with their newlines; caller frees. */
char *fl_autopsy_text(const json_t *autopsy);
