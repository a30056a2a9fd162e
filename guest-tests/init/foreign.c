// SPDX-License-Identifier: GPL-2.0-only
/*
 * KTAP of strangers to cases of ours. Forms only: what they mean is result_holds's business, and
 * then the judge's.
 */
#include "foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEST "    "

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Words become one name: blanks would end it, and a hash would begin a directive. */
static void tidy_name(char *name)
{
	size_t len = strlen(name);

	while (len && name[len - 1] == ' ')
		name[--len] = '\0';
	for (; *name; name++)
		if (*name == ' ' || *name == '#' || *name == '\t')
			*name = '_';
}

/* "1 - name # SKIP why" to name and directive; the text is changed. */
static const char *split_case(char *text, const char **ret_directive)
{
	char *hash;

	text += strspn(text, " ");
	text += strspn(text, "0123456789");
	text += strspn(text, " ");
	if (starts(text, "- "))
		text += 2;
	hash = *text == '#' ? text : strstr(text, " #");
	*ret_directive = "";
	if (hash) {
		*ret_directive = hash + strspn(hash, " #");
		*hash = '\0';
	}
	tidy_name(text);
	return *text ? text : "unnamed";
}

static void take_plan(struct foreign *foreign, struct result *result, struct emit *emit,
		      const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	const char *skip = strstr(end, "SKIP");

	if (result->planned || result->skipped || end == text || n > 100000) {
		result_mistake(result, "the program printed a plan that cannot be", foreign->line);
		return;
	}
	if (!n) {
		result->skipped = true;
		snprintf(result->reason, sizeof(result->reason), "%s",
			 skip ? skip + strlen("SKIP") + strspn(skip + strlen("SKIP"), " ")
			      : "it planned no case");
		return;
	}
	result_plan(result, emit, (unsigned)n);
}

static void take_case(struct foreign *foreign, struct result *result, struct emit *emit, bool ok,
		      char *text)
{
	const char *directive;
	const char *name = split_case(text, &directive);
	bool excused = starts(directive, "TODO") || starts(directive, "XFAIL");

	if (starts(directive, "SKIP"))
		result_case(result, emit, "skip", name, directive + strlen("SKIP"));
	else if (ok || excused)
		result_case(result, emit, "ok", name, "");
	else
		result_case(result, emit, "not", name,
			    *foreign->diagnostic ? foreign->diagnostic : "it gave no reason");
	*foreign->diagnostic = '\0';
	if (result->n_cases == result->n_planned)
		result->done = true;
}

/* What is nested in a case is handed on one level deeper, whatever the program's own indentation. */
static void take_nested(struct foreign *foreign, const struct result *result, struct emit *emit,
			size_t blanks)
{
	const char *text = foreign->line + blanks;

	if (!result->planned ||
	    !(starts(text, "KTAP version") || starts(text, "TAP version") || starts(text, "1..") ||
	      starts(text, "ok ") || starts(text, "not ok ") || starts(text, "# ")))
		return;
	if (!foreign->indent)
		foreign->indent = (unsigned)blanks;
	emit_printf(emit, FL_WIRE_KTAP, NEST NEST "%s%s", blanks > foreign->indent ? NEST : "",
		    text);
}

static void take_line(struct foreign *foreign, struct result *result, struct emit *emit)
{
	char *line = foreign->line;
	size_t blanks = strspn(line, " \t");

	if (blanks)
		take_nested(foreign, result, emit, blanks);
	else if (starts(line, "1.."))
		take_plan(foreign, result, emit, line + 3);
	else if (starts(line, "ok "))
		take_case(foreign, result, emit, true, line + 3);
	else if (starts(line, "not ok "))
		take_case(foreign, result, emit, false, line + 7);
	else if (starts(line, "Bail out!"))
		result_mistake(result, "the program gave up", line);
	else if (starts(line, "# "))
		snprintf(foreign->diagnostic, sizeof(foreign->diagnostic), "%.250s", line + 2);
}

void foreign_feed(struct foreign *foreign, struct result *result, struct emit *emit,
		  const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			if (foreign->len < sizeof(foreign->line) - 1)
				foreign->line[foreign->len++] = bytes[i];
			continue;
		}
		foreign->line[foreign->len] = '\0';
		foreign->len = 0;
		take_line(foreign, result, emit);
	}
}
