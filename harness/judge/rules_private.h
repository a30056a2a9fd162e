/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of FlRules, shared by rules.c and rules_load.c and nobody else.
 */
#pragma once

#include "judge/rules.h"

typedef struct {
	GHashTable *names;	    /* a set */
	GPtrArray *beginnings[256]; /* of char *, by their first byte; or NULL */
	char **kinds;		    /* NULL: all */
} FlMachinery;

struct FlRules {
	GPtrArray *all;			    /* of FlRule, owns them */
	GPtrArray *by_byte[FL_RULE_N][256]; /* by the first byte of the match; or NULL */
	GPtrArray *anywhere[FL_RULE_N];	    /* or NULL */
	GPtrArray *machinery;		    /* of FlMachinery */
};

FlRules *fl_rules_new(void);
void fl_rules_add(FlRules *rules, FlRule *rule);
void fl_rules_rule_free(gpointer rule);
FlMachinery *fl_rules_machinery_new(void);
/* A name, or the beginning of names with a * behind; false: neither. */
bool fl_rules_machinery_add(FlMachinery *machinery, const char *word);
void fl_rules_machinery_free(gpointer machinery);
