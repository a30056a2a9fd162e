/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of FlRules, shared by rules.c and rules_load.c and nobody else.
 */
#pragma once

#include "judge/rules.h"

#define FL_RULES_STARTS 1024

typedef struct {
	char **kinds; /* NULL: all */
} FlMachinery;

typedef struct {
	char *text;
	const FlMachinery *machinery;
} FlBeginning;

typedef struct {
	uint64_t bytes; /* a line must have all of them */
	const FlRule *rule;
} FlAnywhere;

struct FlRules {
	GPtrArray *all; /* of FlRule, owns them */
	/* By the first two bytes of the match, see start_of(); or NULL. */
	GPtrArray *by_start[FL_RULE_N][FL_RULES_STARTS];
	GArray *anywhere[FL_RULE_N]; /* of FlAnywhere */
	GPtrArray *machinery;	     /* of FlMachinery, owns them */
	GHashTable *functions;	     /* name to a GPtrArray of its FlMachinery */
	GArray *beginnings[256];     /* of FlBeginning, by their first byte; or NULL */
};

FlRules *fl_rules_new(void);
void fl_rules_add(FlRules *rules, FlRule *rule);
void fl_rules_rule_free(gpointer rule);

/* Owned by the rules. */
FlMachinery *fl_rules_machinery_new(FlRules *rules);
/* A name, or the beginning of names with a * behind; false: neither. */
bool fl_rules_machinery_add(FlRules *rules, const FlMachinery *machinery, const char *word);
