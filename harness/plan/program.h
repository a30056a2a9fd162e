/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `[program NAME]`: a program that nobody here wrote, as a test of a plan. Plain data. Keys:
 *
 *     command   required: the program and its arguments, split as a shell does, without expansion.
 *               A path is relative to the plan's folder; a bare name is looked for in PATH. It
 *               becomes /programs/NAME/<its file name>, and the folder is where it is started.
 *     made-by   before command: what makes that file. Then it need not be there until it is asked for,
 *               and whoever asks too early is told.
 *     files     more files that are packed beside it
 *     expect    the exit status that means success, or ktap: its standard output is read as KTAP
 *               and every case counts (default 0)
 *     timeout   its limit with a unit, ms, s or min (default 60s)
 *     needs     kernel options without which it says nothing
 *     summary   one line for people
 *     group     a second name, under which --test finds all programs of a group
 *     default   yes or no: whether it runs without being named (default yes)
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
	char *name;
	char **command; /* words; the first is absolute, or a bare name */
	char **files;	/* absolute */
	bool ktap;
	unsigned status; /* the exit status that it must have */
	unsigned timeout_ms;
	char **needs;
	char *summary, *group, *made_by; /* never NULL */
	bool is_default;
} FlProgram;

/* NULL and an error without place when the name cannot be one. */
FlProgram *fl_program_new(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_program_free(FlProgram *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlProgram, fl_program_free)

/* Takes one key; dir is the plan's folder. Errors are without place: the reader puts it there. */
bool fl_program_set(FlProgram *program, const char *dir, const char *key, const char *value,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Its first word inside the guest; the caller frees. */
char *fl_program_guest_path(const FlProgram *program);
