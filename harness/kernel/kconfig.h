/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration fragments: reading them, merging them, and checking what became of each wish in
 * the configuration that kconfig made of it. Pure functions of texts.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One wish of a fragment. */
typedef struct {
	char *symbol; /* "CONFIG_SMP" */
	char *value;  /* "y", "m", "n" for "is not set", a number, or a string with its quotes */
	char *file;   /* name of the fragment */
	unsigned line;
} FlKconfigWish;

/**
 * Reads fragments in order. Of two fragments the later one wins; a fragment that wants two things
 * of one symbol, or has a line that is no configuration line, is an error "file:line: ...".
 *
 * @return of FlKconfigWish, sorted by symbol; NULL with FL_KERNEL_ERROR_CONFIG
 */
GPtrArray *fl_kconfig_load(const char *const *fragments, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The wishes as lines to append to a .config, always in the same form; caller frees. */
char *fl_kconfig_text(GPtrArray *wishes);

/* Those that a complete configuration does not fulfil, borrowed from wishes; never NULL. */
GPtrArray *fl_kconfig_lost(GPtrArray *wishes, const char *config);

/**
 * The error that lists all lost wishes: where, what was wanted, what came out.
 *
 * @param known  symbols (keys "SMP") that some Kconfig of the tree has
 */
void fl_kconfig_set_error(GPtrArray *lost, const char *config, GHashTable *known, GError **error);

/* The value of a symbol in a complete configuration; "n" when it is not there. Caller frees. */
char *fl_kconfig_value(const char *config, const char *symbol);
