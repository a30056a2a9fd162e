// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules in memory, and matching. Reading them is rules_load.c.
 *
 * Speed: a line is compared with the literal beginnings of the rules that share its first byte;
 * an expression runs only when one of them is there.
 */
#include "judge/rules.h"

#include "judge/rules_private.h"

#include <string.h>

GQuark fl_rules_error_quark(void)
{
	return g_quark_from_static_string("fl-rules-error");
}

void fl_rules_rule_free(gpointer data)
{
	FlRule *rule = data;

	if (!rule)
		return;
	g_free(rule->name);
	g_free(rule->kind);
	g_free(rule->literal);
	g_free(rule->anywhere);
	g_clear_pointer(&rule->match, g_regex_unref);
	g_clear_pointer(&rule->end, g_regex_unref);
	g_clear_pointer(&rule->unless, g_regex_unref);
	g_free(rule->title);
	g_free(rule->reason);
	g_free(rule->expires);
	g_strfreev(rule->part_of);
	g_free(rule);
}

void fl_rules_machinery_free(gpointer data)
{
	FlMachinery *machinery = data;

	g_ptr_array_unref(machinery->globs);
	g_strfreev(machinery->kinds);
	g_free(machinery);
}

FlRules *fl_rules_new(void)
{
	FlRules *rules = g_new0(FlRules, 1);

	rules->all = g_ptr_array_new_with_free_func(fl_rules_rule_free);
	rules->machinery = g_ptr_array_new_with_free_func(fl_rules_machinery_free);
	return rules;
}

void fl_rules_free(FlRules *rules)
{
	if (!rules)
		return;
	for (unsigned type = 0; type < FL_RULE_N; type++) {
		for (unsigned byte = 0; byte < 256; byte++)
			g_clear_pointer(&rules->by_byte[type][byte], g_ptr_array_unref);
		g_clear_pointer(&rules->anywhere[type], g_ptr_array_unref);
	}
	g_ptr_array_unref(rules->all);
	g_ptr_array_unref(rules->machinery);
	g_free(rules);
}

/* Bytes of a kernel's log, the commonest first; a byte that is not among them is rare. */
static const char COMMON[] = " 0e1tioa2nsr35674d8]9[:lcpmfu.ghb_+/-TyCvwEPS,=AMD()x";

static size_t commonness(char byte)
{
	const char *at = strchr(COMMON, byte);

	return at ? sizeof(COMMON) - (size_t)(at - COMMON) : 0;
}

static size_t find_rarest(const char *text)
{
	size_t rarest = 0;

	for (size_t i = 1; text[i]; i++)
		if (commonness(text[i]) < commonness(text[rarest]))
			rarest = i;
	return rarest;
}

void fl_rules_add(FlRules *rules, FlRule *rule)
{
	GPtrArray **list = &rules->anywhere[rule->type];

	rule->literal_len = strlen(rule->literal);
	if (rule->anywhere) {
		rule->anywhere_len = strlen(rule->anywhere);
		rule->rarest = find_rarest(rule->anywhere);
	} else {
		list = &rules->by_byte[rule->type][(unsigned char)rule->literal[0]];
	}
	if (!*list)
		*list = g_ptr_array_new();
	g_ptr_array_add(*list, rule);
	g_ptr_array_add(rules->all, rule);
}

/* memmem prepares itself anew for each line, which costs more than most lines are long. */
static bool holds(const FlRule *rule, const char *text, size_t len)
{
	const char *at = text + rule->rarest, *end;

	if (len < rule->anywhere_len)
		return false;
	end = text + len - (rule->anywhere_len - rule->rarest - 1);
	while (at < end && (at = memchr(at, rule->anywhere[rule->rarest], (size_t)(end - at)))) {
		if (memcmp(at - rule->rarest, rule->anywhere, rule->anywhere_len) == 0)
			return true;
		at++;
	}
	return false;
}

static bool sift(const FlRule *rule, const char *text, size_t len)
{
	if (rule->anywhere)
		return holds(rule, text, len);
	return rule->literal_len <= len && memcmp(text, rule->literal, rule->literal_len) == 0;
}

static const FlRule *match_list(const GPtrArray *list, const char *text, size_t len)
{
	for (unsigned i = 0; list && i < list->len; i++) {
		const FlRule *rule = list->pdata[i];

		if (sift(rule, text, len) &&
		    g_regex_match(rule->match, text, G_REGEX_MATCH_ANCHORED, NULL))
			return rule;
	}
	return NULL;
}

const FlRule *fl_rules_match(const FlRules *rules, FlRuleType type, const char *text, size_t len)
{
	const FlRule *rule = match_list(rules->by_byte[type][(unsigned char)*text], text, len);

	return rule ? rule : match_list(rules->anywhere[type], text, len);
}

static char *expand(const FlRule *rule, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;
	char *title = NULL;

	if (rule->title && g_regex_match(rule->match, text, G_REGEX_MATCH_ANCHORED, &info))
		title = g_match_info_expand_references(info, rule->title, NULL);
	return title ? title : g_strdup(text);
}

char *fl_rules_title(const FlRule *rule, const char *text, const char *function)
{
	g_autofree char *title = g_strstrip(expand(rule, text));

	if (!function || rule->no_function)
		return g_steal_pointer(&title);
	return g_strdup_printf("%s in %s", title, function);
}

bool fl_rules_is_part_of(const FlRule *rule, const char *kind)
{
	for (char **word = rule->part_of; word && *word; word++) {
		if (strcmp(*word, "*") == 0 || strcmp(*word, kind) == 0)
			return true;
	}
	return false;
}

bool fl_rules_is_machinery(const FlRules *rules, const char *kind, const char *function)
{
	for (unsigned i = 0; i < rules->machinery->len; i++) {
		const FlMachinery *machinery = rules->machinery->pdata[i];

		if (machinery->kinds &&
		    !g_strv_contains((const char *const *)machinery->kinds, kind))
			continue;
		for (unsigned k = 0; k < machinery->globs->len; k++) {
			if (g_pattern_spec_match_string(machinery->globs->pdata[k], function))
				return true;
		}
	}
	return false;
}
