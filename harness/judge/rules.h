/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of the kernel's messages, as data: kernel.rules and ignore.rules of a folder.
 *
 * Both are strict INI (plan/ini.h). Expressions are Perl's, matched at the start of the text
 * after the printk prefix. One must begin with at least three plain characters, by which lines
 * are sifted before any expression runs, or have the key `anywhere`, a text that the line holds.
 *
 *     [splat NAME]           a line that begins a report
 *     kind = lockdep         default: NAME
 *     match = WARNING: (bad unlock balance) detected!
 *     anywhere = TEXT        a backslash keeps a blank with which it begins
 *     title = WARNING: \1    default: the whole line; " in FUNCTION" is appended when it is known
 *                            and the title does not end in a function of its own (`function = no`)
 *     end = EXPRESSION       last line of the report; without it the report is one line. </TASK>: or
 *                            where the stack ends, on kernels that do not mark it
 *     verdict = crash|hang|fail|broken
 *     part-of = KINDS        no report of its own inside one of these kinds (`*`: of any), as long as
 *                            their stack has not come; `cut-here`: inside one that began right
 *                            behind "cut here", as the text of a WARN does
 *     sequel-of = KINDS      no report of its own when it comes right after one of these kinds
 *     names = EXPRESSION     a line of it names a function (first group) that is to blame before those
 *                            of the stack; the last such line counts
 *     among = EXPRESSION     ... only below the last line that this matches, and only when what its
 *                            first group is stands in the report's first line, too
 *     frames = bare          stack lines count without a "Call Trace:" before them
 *     stack = maybe          a stack follows soon, or the report is its first line alone
 *     unless = EXPRESSION    no report at all once a line of it matches: it was asked for
 *     dies = yes             the kernel does not live on
 *     weak = yes             not inside a bracket of [ignore]
 *     tail = yes             comes after a header; alone it means that the header is lost
 *
 *     [ignore NAME]          match, reason, expires; until: an expression that closes a bracket;
 *                            alone = yes: only where no report is open; once = yes: the bracket
 *                            holds one stack, a second one in it is a report; whole = yes: it
 *                            holds one report of any kind
 *     [known NAME]           match, reason, expires: a kernel message of level warning or worse
 *                            that is fine
 *     expires = 2027-06-30   the last day on which the exception holds; after it the file is refused
 *     [machinery NAME]       functions = names, or beginnings of names with a * behind; kinds =
 *                            KINDS (default: all): frames that report, and so are never the
 *                            guilty one
 */
#pragma once

#include "judge/pattern.h"
#include "judge/verdict.h"

#include <stddef.h>

#define FL_RULES_ERROR fl_rules_error_quark()
GQuark fl_rules_error_quark(void);
typedef enum { FL_RULES_ERROR_INVALID } FlRulesError;

typedef enum { FL_RULE_SPLAT, FL_RULE_IGNORE, FL_RULE_KNOWN, FL_RULE_N } FlRuleType;

typedef struct {
	FlRuleType type;
	char *name;
	char *kind;
	char *anywhere; /* of `match`, or NULL */
	FlPattern *match;
	FlPattern *end;		  /* `end` of a splat, `until` of an ignore; or NULL */
	FlPattern *unless;	  /* or NULL */
	FlPattern *names, *among; /* or NULL */
	char *title;
	char *reason;
	char *expires; /* YYYY-MM-DD, of [ignore] and [known] */
	char **part_of, **sequel_of;
	FlVerdictKind verdict;
	bool bare_frames, dies, weak, no_function, tail, alone, once, whole;
	bool ends_with_stack; /* `end` is </TASK> */
	bool maybe_stack;
} FlRule;

typedef struct FlRules FlRules;

/* today: YYYY-MM-DD; NULL: no exception expires. */
FlRules *fl_rules_load(const char *dir, const char *today,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_rules_free(FlRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlRules, fl_rules_free)

/* False: no [splat] and no [ignore] matches, which is soon seen of most lines. */
bool fl_rules_may_match(const FlRules *rules, const char *text, size_t len);

/* The first rule of the type that the text matches, or NULL. */
const FlRule *fl_rules_match(const FlRules *rules, FlRuleType type, const char *text, size_t len);

/* The title of a report by its first line; function (may be NULL) is the guilty one. */
char *fl_rules_title(const FlRule *rule, const char *text, const char *function);

bool fl_rules_is_part_of(const FlRule *rule, const char *kind);
bool fl_rules_is_sequel_of(const FlRule *rule, const char *kind);

/* Whether a function only reports (dump_stack, __warn ...) in a report of that kind. */
bool fl_rules_is_machinery(const FlRules *rules, const char *kind, const char *function);
