// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rule files to FlRules. What is wrong in them is an error with file and line.
 */
#include "judge/rules_private.h"

#include "plan/ini.h"

#include <stdio.h>
#include <string.h>

enum { PLAIN_MIN = 3 };

/* The section that is being read; done when the next begins. */
typedef struct {
	FlRules *rules;
	const char *today; /* YYYY-MM-DD, or NULL */
	FlRule *rule;
	FlMachinery *machinery;
} Loader;

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(FL_RULES_ERROR, FL_RULES_ERROR_INVALID, format, args);
	va_end(args);
	return false;
}

static bool finish_rule(Loader *loader, GError **error)
{
	FlRule *rule = loader->rule;

	if (!rule)
		return true;
	if (!rule->match)
		return fail(error, "[%s] has no match", rule->name);
	if (rule->anywhere)
		fl_pattern_sift_by(rule->match, rule->anywhere);
	else if (rule->match->len < PLAIN_MIN)
		return fail(error,
			    "[%s] match must begin with %d plain characters, or anywhere be given",
			    rule->name, PLAIN_MIN);
	if (rule->type != FL_RULE_SPLAT && !rule->reason)
		return fail(error, "[%s] has no reason", rule->name);
	if (rule->type != FL_RULE_SPLAT && !rule->expires)
		return fail(error, "[%s] has no expires = YYYY-MM-DD", rule->name);
	fl_rules_add(loader->rules, rule);
	loader->rule = NULL;
	return true;
}

static bool begin(Loader *loader, const char *section, GError **error)
{
	static const char *const types[] = {[FL_RULE_SPLAT] = "splat ",
					    [FL_RULE_IGNORE] = "ignore ",
					    [FL_RULE_KNOWN] = "known "};

	if (!finish_rule(loader, error))
		return false;
	loader->machinery = NULL;
	if (g_str_has_prefix(section, "machinery ")) {
		loader->machinery = fl_rules_machinery_new(loader->rules);
		return true;
	}
	for (unsigned type = 0; type < G_N_ELEMENTS(types); type++) {
		if (!g_str_has_prefix(section, types[type]) || !section[strlen(types[type])])
			continue;
		loader->rule = g_new0(FlRule, 1);
		loader->rule->type = (FlRuleType)type;
		loader->rule->name = g_strdup(section + strlen(types[type]));
		loader->rule->kind = g_strdup(loader->rule->name);
		loader->rule->verdict = FL_VERDICT_FAIL;
		return true;
	}
	return fail(error, "[%s]: expected splat, ignore, known or machinery and a name", section);
}

static bool set_machinery(Loader *loader, const char *key, const char *value, GError **error)
{
	g_auto(GStrv) words = fl_ini_words(value);

	if (strcmp(key, "kinds") == 0) {
		g_strfreev(loader->machinery->kinds);
		loader->machinery->kinds = g_steal_pointer(&words);
		return true;
	}
	if (strcmp(key, "functions") != 0)
		return fail(error, "%s: expected functions or kinds", key);
	for (char **word = words; *word; word++)
		if (!fl_rules_machinery_add(loader->rules, loader->machinery, *word))
			return fail(error, "functions: %s: a * may only stand at the end", *word);
	return true;
}

static bool set_verdict(FlRule *rule, const char *value, GError **error)
{
	g_autofree char *upper = g_ascii_strup(value, -1);

	if (!fl_verdict_parse(upper, &rule->verdict) || rule->verdict < FL_VERDICT_BROKEN)
		return fail(error, "verdict: expected broken, fail, hang or crash, not %s", value);
	return true;
}

static bool set_pattern(FlPattern **field, const char *value, bool anchored, GError **error)
{
	fl_pattern_free(*field);
	return (*field = fl_pattern_new(value, anchored, error)) != NULL;
}

static bool set_match(FlRule *rule, const char *value, GError **error)
{
	if (fl_pattern_has_choice(value))
		return fail(error, "match: write two sections instead of an outer |");
	return set_pattern(&rule->match, value, true, error);
}

static bool set_flag(FlRule *rule, const char *key, const char *value)
{
	const struct {
		FlRuleType type;
		const char *key, *value;
		bool *flag;
	} flags[] = {
		{FL_RULE_SPLAT, "dies", "yes", &rule->dies},
		{FL_RULE_SPLAT, "weak", "yes", &rule->weak},
		{FL_RULE_SPLAT, "tail", "yes", &rule->tail},
		{FL_RULE_SPLAT, "function", "no", &rule->no_function},
		{FL_RULE_SPLAT, "frames", "bare", &rule->bare_frames},
		{FL_RULE_SPLAT, "stack", "maybe", &rule->maybe_stack},
		{FL_RULE_IGNORE, "alone", "yes", &rule->alone},
		{FL_RULE_IGNORE, "once", "yes", &rule->once},
		{FL_RULE_IGNORE, "whole", "yes", &rule->whole},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		if (flags[i].type == rule->type && strcmp(flags[i].key, key) == 0 &&
		    strcmp(flags[i].value, value) == 0) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

static void set_text(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
}

static bool set_end(FlRule *rule, const char *value, GError **error)
{
	rule->ends_with_stack = strcmp(value, "</TASK>") == 0;
	return set_pattern(&rule->end, value, false, error);
}

static bool set_splat(FlRule *rule, const char *key, const char *value, GError **error)
{
	if (strcmp(key, "kind") == 0)
		set_text(&rule->kind, value);
	else if (strcmp(key, "title") == 0)
		set_text(&rule->title, value);
	else if (strcmp(key, "verdict") == 0)
		return set_verdict(rule, value, error);
	else if (strcmp(key, "end") == 0)
		return set_end(rule, value, error);
	else if (strcmp(key, "unless") == 0)
		return set_pattern(&rule->unless, value, false, error);
	else if (strcmp(key, "names") == 0)
		return set_pattern(&rule->names, value, false, error);
	else if (strcmp(key, "among") == 0)
		return set_pattern(&rule->among, value, false, error);
	else if (strcmp(key, "part-of") == 0)
		rule->part_of = fl_ini_words(value);
	else if (strcmp(key, "sequel-of") == 0)
		rule->sequel_of = fl_ini_words(value);
	else if (!set_flag(rule, key, value))
		return fail(error, "%s = %s: no such key or value", key, value);
	return true;
}

/* An exception must be looked at again one day; the day is in the file, so that it cannot be missed. */
static bool set_expires(FlRule *rule, const char *value, const char *today, GError **error)
{
	unsigned year, month, day;
	char rest;

	if (strlen(value) != strlen("2027-06-30") ||
	    sscanf(value, "%4u-%2u-%2u%c", &year, &month, &day, &rest) != 3 ||
	    !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return fail(error, "expires: expected a day as in 2027-06-30, not %s", value);
	if (today && strcmp(today, value) > 0)
		return fail(error,
			    "[%s] expired on %s (%s): see whether the kernel still prints this, "
			    "then remove the section or give it a later day",
			    rule->name, value, rule->reason ? rule->reason : "no reason given");
	set_text(&rule->expires, value);
	return true;
}

static bool set_rule(FlRule *rule, const char *key, const char *value, const char *today,
		     GError **error)
{
	if (strcmp(key, "match") == 0)
		return set_match(rule, value, error);
	if (strcmp(key, "anywhere") == 0 && *value)
		set_text(&rule->anywhere, value + (value[0] == '\\' && value[1] == ' '));
	else if (strcmp(key, "reason") == 0 && *value)
		set_text(&rule->reason, value);
	else if (rule->type == FL_RULE_SPLAT)
		return set_splat(rule, key, value, error);
	else if (strcmp(key, "expires") == 0)
		return set_expires(rule, value, today, error);
	else if (rule->type == FL_RULE_IGNORE && strcmp(key, "until") == 0)
		return set_pattern(&rule->end, value, false, error);
	else if (!set_flag(rule, key, value))
		return fail(error, "%s: no such key here", key);
	return true;
}

static bool take(const char *section, const char *key, const char *value, unsigned line,
		 gpointer data, GError **error)
{
	Loader *loader = data;

	(void)line;
	if (!key)
		return begin(loader, section, error);
	if (loader->machinery)
		return set_machinery(loader, key, value, error);
	return set_rule(loader->rule, key, value, loader->today, error);
}

static bool load_file(FlRules *rules, const char *dir, const char *name, const char *today,
		      GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	Loader loader = {.rules = rules, .today = today};
	bool ok = fl_ini_load(path, take, &loader, error);

	if (ok && !finish_rule(&loader, error)) {
		g_prefix_error(error, "%s: ", path);
		ok = false;
	}
	fl_rules_rule_free(loader.rule);
	return ok;
}

FlRules *fl_rules_load(const char *dir, const char *today, GError **error)
{
	g_autoptr(FlRules) rules = fl_rules_new();

	if (!load_file(rules, dir, "kernel.rules", today, error) ||
	    !load_file(rules, dir, "ignore.rules", today, error))
		return NULL;
	return g_steal_pointer(&rules);
}
