// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the records of the wire are taken for, and what is held against them.
 */
#include "judge/session.h"

#include <string.h>

static const char *const tests[] = {"boot", "write", NULL};
#define ATTEST                                                                               \
	"tainted=0 warn=0 oops=-1 lockdep=1 kmsg_first=0 kmsg_last=9 kmsg_lost=0 started=2 " \
	"results=2"

/* Records "K payload" parted by newlines. */
static FlSession *session_of(const char *records)
{
	FlSession *session = fl_session_new(tests);
	g_auto(GStrv) lines = g_strsplit(records, "\n", -1);

	for (char **line = lines; *line; line++) {
		FlWireRecord record = {(*line)[0], *line + 2, strlen(*line + 2)};

		fl_session_record(session, &record);
	}
	return session;
}

static const struct {
	const char *records, *problem;
} cases[] = {
	{"H proto=1 release=6.12", NULL},
	{"S 1 boot", "the guest's first record is missing"},
	{"H proto=1\nH proto=1", "the guest began twice"},
	{"H proto=2", "the guest speaks another protocol: proto=2"},
	{"H proto=1\nS 2 boot", "test 2 boot began where write was asked for"},
	{"H proto=1\nS 3 boot", "the guest speaks of a test that was not asked for: 3 boot"},
	{"H proto=1\nS 1 boot\nS 1 boot", "test boot began twice"},
	{"H proto=1\nT ok 1 boot", "a result came for boot, which had not begun"},
	{"H proto=1\nT ok 1 other", "a result came for other, which was not asked for"},
	{"H proto=1\nS 1 boot\nT ok 1 boot\nT ok 2 boot",
	 "a result came for boot, which had one already"},
	{"H proto=1\nM 1 faults", "a figure without a name or value: 1 faults"},
	{"H proto=1\nM 1 faults nan", "a figure that is no number: 1 faults nan"},
	{"H proto=1\nX 1 boot D", "a report of a stuck task without all its words: 1 boot D"},
	{"H proto=1\nA " ATTEST, NULL},
	{"H proto=1\nA " ATTEST " warn=0", "the closing statement has no proper warn"},
	{"H proto=1\nA tainted=0", "the closing statement has no proper warn"},
	{"H proto=1\nA " ATTEST "\nA " ATTEST, "the guest closed twice"},
	{"H proto=1\nE bye\nB 1", "a record came after the last one"},
	{"H proto=1\nZ 1", "the guest sent a record of unknown kind Z"},
};

static void records_that_make_no_sense_are_noted(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		FlSession *session = session_of(cases[i].records);

		g_assert_cmpstr(session->problem, ==, cases[i].problem);
		fl_session_free(session);
	}
}

static void results_figures_and_output_are_kept(void)
{
	FlSession *session =
		session_of("H proto=1 release=6.12\nS 2 write\nO 2 hello\nM 2 seconds 1.5\n"
			   "M 2 faults 12\nM 2 rate 0.5\nT not ok 2 write");
	const FlTestResult *result = session->arrived->pdata[0];
	const FlMetric *faults = result->metrics->pdata[0], *rate = result->metrics->pdata[1];

	g_assert_cmpstr(session->release, ==, "6.12");
	g_assert_cmpstr(result->name, ==, "write");
	g_assert_cmpuint(result->kind, ==, FL_VERDICT_FAIL);
	g_assert_cmpstr(result->output->str, ==, "hello\n");
	g_assert_cmpfloat(result->seconds, ==, 1.5);
	g_assert_true(faults->is_integer && faults->value == 12);
	g_assert_true(!rate->is_integer && rate->value == 0.5);
	g_assert_null(session->running);
	fl_session_free(session);
}

static void output_is_bounded(void)
{
	FlSession *session = session_of("H proto=1\nS 1 boot");
	g_autofree char *blob = g_strnfill(4096, 'x');
	g_autofree char *payload = g_strconcat("1 ", blob, NULL);
	FlWireRecord record = {FL_WIRE_OUTPUT, payload, strlen(payload)};
	const FlSessionTest *test = session->tests->pdata[0];

	for (unsigned i = 0; i < 1000; i++)
		fl_session_record(session, &record);
	g_assert_cmpuint(test->result->output->len, <=, FL_TEST_OUTPUT_MAX);
	fl_session_free(session);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/session/records-that-make-no-sense-are-noted",
			records_that_make_no_sense_are_noted);
	g_test_add_func("/session/results-figures-and-output-are-kept",
			results_figures_and_output_are_kept);
	g_test_add_func("/session/output-is-bounded", output_is_bounded);
	return g_test_run();
}
