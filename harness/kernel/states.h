/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of source states: which git tree id a question (a JSON object) had as its answer.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* The tree id that was the answer to this very question, NULL when it was never asked. */
char *fl_states_recall(const char *cache_dir, const json_t *question);

bool fl_states_remember(const char *cache_dir, const json_t *question, const char *id,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;
