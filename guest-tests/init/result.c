// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the report of a test program and turns it into nested KTAP. Trusts nothing: a program
 * that ends without having reported all that it planned has not passed.
 */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEST "    "

void result_init(struct result *result, const char *test)
{
	memset(result, 0, sizeof(*result));
	result->test = test;
}

void result_mistake(struct result *result, const char *what, const char *line)
{
	if (!*result->mistake)
		snprintf(result->mistake, sizeof(result->mistake), "%s: \"%.200s\"", what, line);
}

void result_plan(struct result *result, struct emit *emit, unsigned n)
{
	result->planned = true;
	result->n_planned = n;
	emit_printf(emit, FL_WIRE_KTAP, NEST "KTAP version 1");
	emit_printf(emit, FL_WIRE_KTAP, NEST "# Subtest: %s", result->test);
	emit_printf(emit, FL_WIRE_KTAP, NEST "1..%u", n);
}

static void take_plan(struct result *result, struct emit *emit, const char *rest)
{
	char *end;
	unsigned long n = strtoul(rest, &end, 10);

	if (result->planned || *end || !n || n > 1000) {
		result_mistake(result, "the test program reported a plan that cannot be", rest);
		return;
	}
	result_plan(result, emit, (unsigned)n);
}

/* "NAME" or "NAME REASON"; the reason is cut off from the name. */
static const char *split_name(char *rest)
{
	char *space = strchr(rest, ' ');

	if (!space)
		return "";
	*space = '\0';
	return space + 1;
}

void result_case(struct result *result, struct emit *emit, const char *verb, const char *name,
		 const char *reason)
{
	unsigned number = ++result->n_cases;

	if (!result->planned || result->done || number > result->n_planned) {
		result_mistake(result, "the test program reported a case outside of its plan",
			       name);
		return;
	}
	if (strcmp(verb, "ok") == 0) {
		emit_printf(emit, FL_WIRE_KTAP, NEST "ok %u %s", number, name);
	} else if (strcmp(verb, "skip") == 0) {
		emit_printf(emit, FL_WIRE_KTAP, NEST "ok %u %s # SKIP %s", number, name, reason);
	} else {
		if (!result->n_failed++)
			snprintf(result->reason, sizeof(result->reason), "%.200s: %.300s", name,
				 reason);
		emit_printf(emit, FL_WIRE_KTAP, NEST "# %s: %s", name, reason);
		emit_printf(emit, FL_WIRE_KTAP, NEST "not ok %u %s", number, name);
	}
}

static void take_case(struct result *result, struct emit *emit, const char *verb, char *rest)
{
	const char *reason = split_name(rest);

	result_case(result, emit, verb, rest, reason);
}

static struct result_metric *metric(struct result *result, const char *name)
{
	for (unsigned i = 0; i < result->n_metrics; i++)
		if (strcmp(result->metrics[i].name, name) == 0)
			return &result->metrics[i];
	if (result->n_metrics == RESULT_METRICS_MAX)
		return NULL;

	struct result_metric *fresh = &result->metrics[result->n_metrics++];

	snprintf(fresh->name, sizeof(fresh->name), "%s", name);
	return fresh;
}

static void take_metric(struct result *result, const char *verb, char *rest)
{
	const char *number = split_name(rest);
	char *end;
	long long value = strtoll(number, &end, 10);
	struct result_metric *entry = metric(result, rest);

	if (!entry || end == number || *end)
		result_mistake(result, "the test program reported a figure that cannot be", rest);
	else if (strcmp(verb, "add") == 0)
		entry->value += value;
	else if (value > entry->value)
		entry->value = value;
}

static void take_line(struct result *result, struct emit *emit, char *line)
{
	char *rest = strchr(line, ' ');

	if (strcmp(line, "done") == 0) {
		result->done = true;
		return;
	}
	if (!rest) {
		result_mistake(result, "the test program's report is malformed", line);
		return;
	}
	*rest++ = '\0';
	if (strcmp(line, "plan") == 0)
		take_plan(result, emit, rest);
	else if (strcmp(line, "ok") == 0 || strcmp(line, "not") == 0 || strcmp(line, "skip") == 0)
		take_case(result, emit, line, rest);
	else if (strcmp(line, "add") == 0 || strcmp(line, "max") == 0)
		take_metric(result, line, rest);
	else if (strcmp(line, "skip-all") == 0 && !result->planned) {
		result->skipped = true;
		snprintf(result->reason, sizeof(result->reason), "%s", rest);
	} else
		result_mistake(result, "the test program's report is malformed", line);
}

void result_feed(struct result *result, struct emit *emit, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			if (result->line_len < sizeof(result->line) - 1)
				result->line[result->line_len++] = bytes[i];
			continue;
		}
		result->line[result->line_len] = '\0';
		result->line_len = 0;
		take_line(result, emit, result->line);
	}
}

bool result_holds(const struct result *result, char *reason, size_t size)
{
	if (*result->mistake)
		snprintf(reason, size, "%s", result->mistake);
	else if (result->skipped && result->planned)
		snprintf(reason, size, "the test program both skipped itself and reported a plan");
	else if (result->n_failed > 1)
		snprintf(reason, size, "%.380s (and %u more of %u cases)", result->reason,
			 result->n_failed - 1, result->n_planned);
	else if (result->n_failed)
		snprintf(reason, size, "%s", result->reason);
	else if (result->skipped)
		return true;
	else if (!result->planned)
		snprintf(reason, size, "the test program ended without having reported a plan");
	else if (result->n_cases < result->n_planned || !result->done || result->line_len)
		snprintf(reason, size, "the test program reported %u of %u planned cases and ended",
			 result->n_cases, result->n_planned);
	else
		return true;
	return false;
}
