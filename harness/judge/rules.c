// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules in memory, and matching. Reading them is rules_load.c.
 *
 * Speed: a line is compared with the beginnings of the rules that share its first byte, and a
 * function with those of the machinery that share its own.
 */
#include "judge/rules.h"

#include "judge/rules_private.h"

#include <string.h>

enum { MANY = 4 };

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
	g_free(rule->anywhere);
	fl_pattern_free(rule->match);
	fl_pattern_free(rule->end);
	fl_pattern_free(rule->unless);
	fl_pattern_free(rule->names);
	fl_pattern_free(rule->among);
	g_free(rule->title);
	g_free(rule->reason);
	g_free(rule->expires);
	g_strfreev(rule->part_of);
	g_strfreev(rule->sequel_of);
	g_free(rule);
}

FlMachinery *fl_rules_machinery_new(void)
{
	FlMachinery *machinery = g_new0(FlMachinery, 1);

	machinery->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return machinery;
}

bool fl_rules_machinery_add(FlMachinery *machinery, const char *word)
{
	size_t len = strcspn(word, "*?");
	GPtrArray **list = &machinery->beginnings[(unsigned char)*word];

	if (!word[len]) {
		g_hash_table_add(machinery->names, g_strdup(word));
		return true;
	}
	if (!len || strcmp(word + len, "*") != 0)
		return false;
	if (!*list)
		*list = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(*list, g_strndup(word, len));
	return true;
}

void fl_rules_machinery_free(gpointer data)
{
	FlMachinery *machinery = data;

	for (unsigned byte = 0; byte < 256; byte++)
		g_clear_pointer(&machinery->beginnings[byte], g_ptr_array_unref);
	g_hash_table_unref(machinery->names);
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

void fl_rules_add(FlRules *rules, FlRule *rule)
{
	GPtrArray **list = &rules->anywhere[rule->type];

	if (!rule->anywhere)
		list = &rules->by_byte[rule->type][(unsigned char)rule->match->plain[0]];
	if (!*list)
		*list = g_ptr_array_new();
	g_ptr_array_add(*list, rule);
	g_ptr_array_add(rules->all, rule);
}

static const FlRule *match_list(const GPtrArray *list, const char *text, size_t len)
{
	for (unsigned i = 0; list && i < list->len; i++) {
		const FlRule *rule = list->pdata[i];

		if (fl_pattern_matches(rule->match, text, len))
			return rule;
	}
	return NULL;
}

/* Where there are many, one look at the line comes first: few lines have all the bytes of any of them. */
static const FlRule *match_anywhere(const GPtrArray *list, const char *text, size_t len)
{
	uint64_t present = UINT64_MAX;

	if (list && list->len >= MANY)
		present = fl_pattern_bytes(text, len);
	for (unsigned i = 0; list && i < list->len; i++) {
		const FlRule *rule = list->pdata[i];

		if (!(rule->match->bytes & ~present) && fl_pattern_matches(rule->match, text, len))
			return rule;
	}
	return NULL;
}

const FlRule *fl_rules_match(const FlRules *rules, FlRuleType type, const char *text, size_t len)
{
	const FlRule *rule = match_list(rules->by_byte[type][(unsigned char)*text], text, len);

	return rule ? rule : match_anywhere(rules->anywhere[type], text, len);
}

/* Like g_match_info_expand_references, which reads the title anew each time. */
static char *fill_in(const GMatchInfo *info, const char *title, const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *title; title++) {
		int from, to;

		if (title[0] != '\\' || !g_ascii_isdigit(title[1]))
			g_string_append_c(out, *title);
		else if (g_match_info_fetch_pos(info, *++title - '0', &from, &to) && from >= 0)
			g_string_append_len(out, text + from, to - from);
	}
	return g_string_free(out, FALSE);
}

static char *expand(const FlRule *rule, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;

	if (!rule->title || !g_regex_match(rule->match->regex, text, 0, &info))
		return g_strdup(text);
	return fill_in(info, rule->title, text);
}

char *fl_rules_title(const FlRule *rule, const char *text, const char *function)
{
	g_autofree char *title = g_strstrip(expand(rule, text));

	if (!function || rule->no_function)
		return g_steal_pointer(&title);
	return g_strdup_printf("%s in %s", title, function);
}

static bool has_kind(char **words, const char *kind)
{
	for (char **word = words; word && *word; word++) {
		if (strcmp(*word, "*") == 0 || strcmp(*word, kind) == 0)
			return true;
	}
	return false;
}

bool fl_rules_is_part_of(const FlRule *rule, const char *kind)
{
	return has_kind(rule->part_of, kind);
}

bool fl_rules_is_sequel_of(const FlRule *rule, const char *kind)
{
	return has_kind(rule->sequel_of, kind);
}

static bool is_one_of(const FlMachinery *machinery, const char *function)
{
	const GPtrArray *list = machinery->beginnings[(unsigned char)*function];

	for (unsigned i = 0; list && i < list->len; i++) {
		if (g_str_has_prefix(function, list->pdata[i]))
			return true;
	}
	return g_hash_table_contains(machinery->names, function);
}

bool fl_rules_is_machinery(const FlRules *rules, const char *kind, const char *function)
{
	for (unsigned i = 0; i < rules->machinery->len; i++) {
		const FlMachinery *machinery = rules->machinery->pdata[i];

		if (machinery->kinds &&
		    !g_strv_contains((const char *const *)machinery->kinds, kind))
			continue;
		if (is_one_of(machinery, function))
			return true;
	}
	return false;
}
