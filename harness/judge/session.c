// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of the wire, one function a kind. A record with a good checksum and bad content is
 * noted as a problem: such a run cannot pass.
 */
#include "judge/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void problem(FlSession *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void problem(FlSession *session, const char *format, ...)
{
	va_list args;

	if (session->problem)
		return;
	va_start(args, format);
	session->problem = g_strdup_vprintf(format, args);
	va_end(args);
}

static FlSessionTest *test_named(const FlSession *session, const char *name)
{
	for (unsigned i = 0; i < session->tests->len; i++) {
		FlSessionTest *test = session->tests->pdata[i];

		if (strcmp(test->result->name, name) == 0)
			return test;
	}
	return NULL;
}

/* "3 rest": the test of that number; *ret_rest points behind the blank. */
static FlSessionTest *test_numbered(FlSession *session, const char *payload, const char **ret_rest)
{
	char *end;
	unsigned long number = strtoul(payload, &end, 10);

	if (end == payload || (*end && *end != ' ') || !number || number > session->tests->len) {
		problem(session, "the guest speaks of a test that was not asked for: %.60s",
			payload);
		return NULL;
	}
	*ret_rest = *end ? end + 1 : end;
	return session->tests->pdata[number - 1];
}

static void take_ktap_result(FlKtapResult *result, gpointer data)
{
	FlSession *session = data;
	FlSessionTest *test = test_named(session, result->name);

	if (!test || !test->started || test->ended) {
		problem(session, "a result came for %s, which %s", result->name,
			!test		 ? "was not asked for"
			: !test->started ? "had not begun"
					 : "had one already");
		return;
	}
	test->ended = true;
	test->result->kind = result->kind;
	g_free(test->result->reason);
	test->result->reason = g_strdup(result->reason);
	g_ptr_array_unref(test->result->cases);
	test->result->cases = g_ptr_array_ref(result->cases);
	g_ptr_array_add(session->arrived, test->result);
	if (session->running == test)
		session->running = NULL;
}

static void test_free(gpointer data)
{
	FlSessionTest *test = data;

	fl_verdict_test_free(test->result);
	g_free(test);
}

static void stuck_free(gpointer data)
{
	FlStuck *stuck = data;

	g_free(stuck->test);
	g_free(stuck->state);
	g_free(stuck->pid);
	g_free(stuck->comm);
	g_free(stuck->where);
	g_free(stuck);
}

FlSession *fl_session_new(const char *const *tests)
{
	FlSession *session = g_new0(FlSession, 1);

	session->tests = g_ptr_array_new_with_free_func(test_free);
	session->arrived = g_ptr_array_new();
	session->stuck = g_ptr_array_new_with_free_func(stuck_free);
	session->ktap = fl_ktap_new(take_ktap_result, session);
	for (; tests && *tests; tests++) {
		FlSessionTest *test = g_new0(FlSessionTest, 1);

		test->result = fl_verdict_test_new(*tests);
		g_ptr_array_add(session->tests, test);
	}
	return session;
}

void fl_session_free(FlSession *session)
{
	if (!session)
		return;
	fl_ktap_free(session->ktap);
	g_ptr_array_unref(session->arrived);
	g_ptr_array_unref(session->tests);
	g_ptr_array_unref(session->stuck);
	g_free(session->release);
	g_free(session->problem);
	g_free(session);
}

static void take_hello(FlSession *session, const char *payload)
{
	g_auto(GStrv) words = g_strsplit(payload, " ", 16);
	g_autofree char *proto = g_strdup_printf("proto=%d", FL_WIRE_PROTO);

	if (session->hello)
		problem(session, "the guest began twice");
	session->hello = true;
	if (!g_strv_contains((const char *const *)words, proto))
		problem(session, "the guest speaks another protocol: %.60s", payload);
	for (char **word = words; *word; word++) {
		if (g_str_has_prefix(*word, "release=") && !session->release)
			session->release = g_strdup(*word + strlen("release="));
	}
}

static void take_start(FlSession *session, const char *payload)
{
	const char *name;
	FlSessionTest *test = test_numbered(session, payload, &name);

	if (!test)
		return;
	if (strcmp(test->result->name, name) != 0)
		problem(session, "test %.60s began where %s was asked for", payload,
			test->result->name);
	else if (test->started)
		problem(session, "test %s began twice", name);
	test->started = true;
	session->running = test;
}

static void take_metric(FlSession *session, const char *payload)
{
	const char *rest = NULL;
	FlSessionTest *test = test_numbered(session, payload, &rest);
	g_auto(GStrv) words = g_strsplit(rest ? rest : "", " ", 3);
	FlMetric *metric;
	char *end;
	double value;

	if (!test)
		return;
	if (g_strv_length(words) != 2 || !*words[0]) {
		problem(session, "a figure without a name or value: %.60s", payload);
		return;
	}
	value = g_ascii_strtod(words[1], &end);
	if (end == words[1] || *end || !isfinite(value)) {
		problem(session, "a figure that is no number: %.60s", payload);
		return;
	}
	if (strcmp(words[0], FL_WIRE_METRIC_SECONDS) == 0) {
		test->result->seconds = value;
		return;
	}
	metric = g_new0(FlMetric, 1);
	metric->name = g_strdup(words[0]);
	metric->value = value;
	metric->is_integer = !strpbrk(words[1], ".eExXnN");
	g_ptr_array_add(test->result->metrics, metric);
}

static void take_output(FlSession *session, const FlWireRecord *record)
{
	const char *rest = NULL;
	FlSessionTest *test = test_numbered(session, record->payload, &rest);
	GString *output;
	size_t len;

	if (!test)
		return;
	output = test->result->output;
	len = record->len - (size_t)(rest - record->payload);
	if (output->len + len + 1 > FL_TEST_OUTPUT_MAX)
		return;
	g_string_append_len(output, rest, (gssize)len);
	g_string_append_c(output, '\n');
}

static void take_stuck(FlSession *session, const char *payload)
{
	g_auto(GStrv) words = g_strsplit(payload, " ", 6);
	FlStuck *stuck;

	if (g_strv_length(words) != 6) {
		problem(session, "a report of a stuck task without all its words: %.60s", payload);
		return;
	}
	stuck = g_new0(FlStuck, 1);
	stuck->test = g_strdup(words[1]);
	stuck->state = g_strdup(words[2]);
	stuck->pid = g_strdup(words[3]);
	stuck->comm = g_strdup(words[4]);
	stuck->where = g_strdup(words[5]);
	g_ptr_array_add(session->stuck, stuck);
}

static bool attest_field(const char *payload, const char *key, int64_t *ret_value)
{
	g_auto(GStrv) words = g_strsplit(payload, " ", 32);
	size_t len = strlen(key);
	bool found = false;

	for (char **word = words; *word; word++) {
		char *end;

		if (strncmp(*word, key, len) != 0 || (*word)[len] != '=')
			continue;
		*ret_value = g_ascii_strtoll(*word + len + 1, &end, 10);
		if (found || *end || !(*word)[len + 1])
			return false;
		found = true;
	}
	return found;
}

static void take_attest(FlSession *session, const char *payload)
{
	FlAttest attest = {.present = true};
	const struct {
		const char *key;
		int64_t *value;
	} fields[] = {
		{"tainted", &attest.tainted},
		{"warn", &attest.warn},
		{"oops", &attest.oops},
		{"lockdep", &attest.lockdep},
		{"kmsg_first", &attest.kmsg_first},
		{"kmsg_last", &attest.kmsg_last},
		{"kmsg_lost", &attest.kmsg_lost},
		{"started", &attest.started},
		{"results", &attest.results},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (!attest_field(payload, fields[i].key, fields[i].value)) {
			problem(session, "the closing statement has no proper %s", fields[i].key);
			return;
		}
	}
	if (session->attest.present)
		problem(session, "the guest closed twice");
	session->attest = attest;
}

void fl_session_record(FlSession *session, const FlWireRecord *record)
{
	if (!session->hello && record->kind != FL_WIRE_HELLO)
		problem(session, "the guest's first record is missing");
	if (session->ended)
		problem(session, "a record came after the last one");
	switch (record->kind) {
	case FL_WIRE_HELLO:
		take_hello(session, record->payload);
		break;
	case FL_WIRE_START:
		take_start(session, record->payload);
		break;
	case FL_WIRE_KTAP:
		fl_ktap_line(session->ktap, record->payload);
		break;
	case FL_WIRE_METRIC:
		take_metric(session, record->payload);
		break;
	case FL_WIRE_OUTPUT:
		take_output(session, record);
		break;
	case FL_WIRE_STUCK:
		take_stuck(session, record->payload);
		break;
	case FL_WIRE_ATTEST:
		take_attest(session, record->payload);
		break;
	case FL_WIRE_END:
		session->ended = true;
		break;
	case FL_WIRE_BEAT:
		break;
	default:
		problem(session, "the guest sent a record of unknown kind %c", record->kind);
	}
}
