/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command lines of faultline itself, as a user would type them.
 */
#pragma once

#include "cli/options.h"
#include "flow/smallest.h"

/* Appends a word, in quotes where a shell needs them. */
void fl_command_append(GString *line, const char *word);

/* The command line as it was given, with the seed where it left it open; the caller frees. */
char *fl_command_given(const char *program, int argc, char *const *argv, const uint64_t *seed);

/* The replay of what lies in a folder; the caller frees. */
char *fl_command_replay(const char *program, const char *evidence);

/* The deterministic run of one kernel and one seed. The caller frees. */
char *fl_command_deterministic(const char *program, const FlOptions *options, const char *kernel,
			       const FlSmallest *how);
