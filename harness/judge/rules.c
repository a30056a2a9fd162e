// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules in memory, and matching. Reading them is rules_load.c.
 *
 * Speed: a line is compared with the rules that share its first two bytes, and a function with the
 * beginnings of the machinery that share its first one.
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

static void free_machinery(gpointer data)
{
	FlMachinery *machinery = data;

	g_strfreev(machinery->kinds);
	g_free(machinery);
}

static void free_list(gpointer list)
{
	g_ptr_array_unref(list);
}

static void clear_beginning(gpointer beginning)
{
	g_free(((FlBeginning *)beginning)->text);
}

FlMachinery *fl_rules_machinery_new(FlRules *rules)
{
	FlMachinery *machinery = g_new0(FlMachinery, 1);

	g_ptr_array_add(rules->machinery, machinery);
	return machinery;
}

static void add_function(FlRules *rules, const FlMachinery *machinery, const char *name)
{
	GPtrArray *list = g_hash_table_lookup(rules->functions, name);

	if (!list) {
		list = g_ptr_array_new();
		g_hash_table_insert(rules->functions, g_strdup(name), list);
	}
	g_ptr_array_add(list, (gpointer)machinery);
}

static void add_beginning(FlRules *rules, const FlMachinery *machinery, const char *word,
			  size_t len)
{
	GArray **list = &rules->beginnings[(unsigned char)*word];
	FlBeginning beginning = {.text = g_strndup(word, len), .machinery = machinery};

	if (!*list) {
		*list = g_array_new(FALSE, FALSE, sizeof(FlBeginning));
		g_array_set_clear_func(*list, clear_beginning);
	}
	g_array_append_val(*list, beginning);
}

bool fl_rules_machinery_add(FlRules *rules, const FlMachinery *machinery, const char *word)
{
	size_t len = strcspn(word, "*?");

	if (word[len] && (!len || strcmp(word + len, "*") != 0))
		return false;
	if (word[len])
		add_beginning(rules, machinery, word, len);
	else
		add_function(rules, machinery, word);
	return true;
}

FlRules *fl_rules_new(void)
{
	FlRules *rules = g_new0(FlRules, 1);

	rules->all = g_ptr_array_new_with_free_func(fl_rules_rule_free);
	for (unsigned type = 0; type < FL_RULE_N; type++)
		rules->anywhere[type] = g_array_new(FALSE, FALSE, sizeof(FlAnywhere));
	rules->machinery = g_ptr_array_new_with_free_func(free_machinery);
	rules->functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_list);
	return rules;
}

void fl_rules_free(FlRules *rules)
{
	if (!rules)
		return;
	for (unsigned type = 0; type < FL_RULE_N; type++) {
		for (unsigned start = 0; start < FL_RULES_STARTS; start++)
			g_clear_pointer(&rules->by_start[type][start], g_ptr_array_unref);
		g_array_unref(rules->anywhere[type]);
	}
	for (unsigned byte = 0; byte < 256; byte++)
		g_clear_pointer(&rules->beginnings[byte], g_array_unref);
	g_ptr_array_unref(rules->all);
	g_hash_table_unref(rules->functions);
	g_ptr_array_unref(rules->machinery);
	g_free(rules);
}

/* Where the rules are that may match a text: those that begin with its first two bytes, and a few others. */
static unsigned start_of(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	unsigned char second = first ? (unsigned char)text[1] : 0;

	return (first * 8u + second) % FL_RULES_STARTS;
}

static void add_by_start(FlRules *rules, FlRule *rule)
{
	GPtrArray **list = &rules->by_start[rule->type][start_of(rule->match->plain)];

	if (!*list)
		*list = g_ptr_array_new();
	g_ptr_array_add(*list, rule);
}

void fl_rules_add(FlRules *rules, FlRule *rule)
{
	FlAnywhere anywhere = {rule->match->bytes, rule};

	if (rule->anywhere)
		g_array_append_val(rules->anywhere[rule->type], anywhere);
	else
		add_by_start(rules, rule);
	g_ptr_array_add(rules->all, rule);
}

static bool may_be_anywhere(const GArray *list, uint64_t absent, const char *text, size_t len)
{
	for (guint i = 0; i < list->len; i++) {
		const FlAnywhere *at = &g_array_index(list, FlAnywhere, i);

		if (!(at->bytes & absent) && fl_pattern_may_match(at->rule->match, text, len))
			return true;
	}
	return false;
}

bool fl_rules_may_match(const FlRules *rules, const char *text, size_t len)
{
	unsigned start = start_of(text);
	uint64_t absent;

	if (rules->by_start[FL_RULE_SPLAT][start] || rules->by_start[FL_RULE_IGNORE][start])
		return true;
	absent = ~fl_pattern_bytes(text, len);
	return may_be_anywhere(rules->anywhere[FL_RULE_SPLAT], absent, text, len) ||
	       may_be_anywhere(rules->anywhere[FL_RULE_IGNORE], absent, text, len);
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

/* One look at the line comes first: few lines have all the bytes of any of the rules. */
static const FlRule *match_anywhere(const GArray *list, const char *text, size_t len)
{
	uint64_t absent = list->len >= MANY ? ~fl_pattern_bytes(text, len) : 0;

	for (guint i = 0; i < list->len; i++) {
		const FlAnywhere *at = &g_array_index(list, FlAnywhere, i);

		if (!(at->bytes & absent) && fl_pattern_matches(at->rule->match, text, len))
			return at->rule;
	}
	return NULL;
}

const FlRule *fl_rules_match(const FlRules *rules, FlRuleType type, const char *text, size_t len)
{
	const FlRule *rule = match_list(rules->by_start[type][start_of(text)], text, len);

	return rule ? rule : match_anywhere(rules->anywhere[type], text, len);
}

static char *expand(const FlRule *rule, const char *text)
{
	char *title = rule->title ? fl_pattern_expand(rule->match, text, strlen(text), rule->title)
				  : NULL;

	return title ? title : g_strdup(text);
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

static bool counts_for(const FlMachinery *machinery, const char *kind)
{
	return !machinery->kinds || g_strv_contains((const char *const *)machinery->kinds, kind);
}

/* Many beginnings share their first few bytes with a function, so it is byte by byte. */
static bool begins_with(const char *function, const char *beginning)
{
	while (*beginning && *function == *beginning) {
		function++;
		beginning++;
	}
	return !*beginning;
}

bool fl_rules_is_machinery(const FlRules *rules, const char *kind, const char *function)
{
	const GPtrArray *named = g_hash_table_lookup(rules->functions, function);
	const GArray *begun = rules->beginnings[(unsigned char)*function];

	for (unsigned i = 0; named && i < named->len; i++) {
		if (counts_for(named->pdata[i], kind))
			return true;
	}
	for (unsigned i = 0; begun && i < begun->len; i++) {
		const FlBeginning *beginning = &g_array_index(begun, FlBeginning, i);

		if (begins_with(function, beginning->text) &&
		    counts_for(beginning->machinery, kind))
			return true;
	}
	return false;
}
