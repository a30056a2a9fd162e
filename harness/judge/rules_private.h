/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of FlRules, shared by rules.c and rules_load.c and nobody else.
 */
#pragma once

#include "judge/rules.h"

typedef struct {
	GPtrArray *globs; /* of GPatternSpec */
	char **kinds;	  /* NULL: all */
} FlMachinery;

struct FlRules {
	GPtrArray *all;			    /* of FlRule, owns them */
	GPtrArray *by_byte[FL_RULE_N][256]; /* by the first byte of the literal; or NULL */
	GPtrArray *anywhere[FL_RULE_N];	    /* or NULL */
	GPtrArray *machinery;		    /* of FlMachinery */
};

FlRules *fl_rules_new(void);
void fl_rules_add(FlRules *rules, FlRule *rule);
void fl_rules_rule_free(gpointer rule);
void fl_rules_machinery_free(gpointer machinery);
