// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PASS must be proved: every record there, every count right, the detectors alive to the end.
 */
#include "judge/proof.h"

#include <inttypes.h>

/* Taint letters by bit, Documentation/admin-guide/tainted-kernels.rst. */
static const char taint_letters[] = "PFSRMBUDAWCIOELKXTNJ";

/* Out-of-tree module: the project's own probe driver is one. */
#define TAINT_EXPLAINED (INT64_C(1) << 12)

static char *taint_words(int64_t taint)
{
	GString *out = g_string_new(NULL);

	for (unsigned bit = 0; bit < 63; bit++) {
		if (!(taint & (INT64_C(1) << bit)))
			continue;
		if (bit < sizeof(taint_letters) - 1)
			g_string_append_c(out, taint_letters[bit]);
		else
			g_string_append_printf(out, "(bit %u)", bit);
	}
	return g_string_free(out, FALSE);
}

char *fl_proof_guilt(const FlEvidence *evidence)
{
	const FlAttest *attest = &evidence->session->attest;
	int64_t taint = attest->tainted & ~TAINT_EXPLAINED;

	if (!attest->present)
		return NULL;
	if (attest->oops > 0)
		return g_strdup_printf("the kernel counted %" PRId64 " oops", attest->oops);
	if (attest->warn > fl_splats_let_pass(evidence->kernlog->splats))
		return g_strdup_printf("the kernel counted %" PRId64 " warning%s", attest->warn,
				       attest->warn == 1 ? "" : "s");
	if (taint) {
		g_autofree char *words = taint_words(taint);

		return g_strdup_printf("the kernel is tainted: %s", words);
	}
	return NULL;
}

static char *wire_gap(const FlEvidence *evidence)
{
	const FlWire *wire = evidence->wire;
	g_autofree char *ktap = fl_ktap_problem(evidence->session->ktap);
	const char *bailed = fl_ktap_bailed(evidence->session->ktap);

	if (!wire->n_records)
		return g_strdup_printf("the wire carried no good record (%" PRIu64
				       " lines of noise)",
				       wire->n_noise);
	if (wire->n_lost)
		return g_strdup_printf("records of the wire are lost: %" PRIu64, wire->n_lost);
	if (wire->n_again)
		return g_strdup_printf("records came on the wire twice: %" PRIu64, wire->n_again);
	if (bailed)
		return g_strdup_printf("the guest gave up: %s",
				       *bailed ? bailed : "it did not say why");
	if (evidence->session->problem)
		return g_strdup(evidence->session->problem);
	if (!evidence->session->hello)
		return g_strdup("the guest's first record is missing");
	return ktap ? g_strconcat("the results are not whole: ", ktap, NULL) : NULL;
}

static char *count_gap(const FlSession *session)
{
	const FlAttest *attest = &session->attest;
	int64_t asked = session->tests->len;

	if (!attest->present)
		return g_strdup("the guest's closing statement is missing");
	if (attest->started != asked || attest->results != asked)
		return g_strdup_printf("%" PRId64
				       " tests were asked for, the guest says that %" PRId64
				       " began and %" PRId64 " ended",
				       asked, attest->started, attest->results);
	if (!session->ended)
		return g_strdup("the guest's last record is missing");
	if (session->arrived->len != asked)
		return g_strdup_printf("%u results came for %" PRId64 " tests",
				       session->arrived->len, asked);
	return NULL;
}

static char *kernlog_gap(const FlEvidence *evidence)
{
	const FlKernlog *log = evidence->kernlog;
	const FlAttest *attest = &evidence->session->attest;

	if (attest->warn < -1 || attest->oops < -1 || attest->tainted < 0)
		return g_strdup("the closing statement counts below zero");
	if (attest->lockdep == 0)
		return g_strdup("lockdep turned itself off, and no report says why");
	if (attest->kmsg_lost)
		return g_strdup_printf("the guest lost records of the kernel's log: %" PRId64,
				       attest->kmsg_lost);
	if (!log->any || log->malformed)
		return g_strdup("the kernel's log on the wire is missing or malformed");
	if (log->n_gaps)
		return g_strdup_printf(
			"records of the kernel's log are missing on the wire in %" PRIu64
			" place(s)",
			log->n_gaps);
	if (attest->kmsg_first < 0 || (uint64_t)attest->kmsg_first != log->first_seq ||
	    (uint64_t)attest->kmsg_last + 1 > log->next_seq)
		return g_strdup_printf("the guest speaks of kernel log records %" PRId64 "-%" PRId64
				       ", the wire has %" PRIu64 "-%" PRIu64,
				       attest->kmsg_first, attest->kmsg_last, log->first_seq,
				       log->next_seq - 1);
	return NULL;
}

static char *test_gap(const FlSession *session)
{
	if (!session->tests->len)
		return g_strdup("no test was asked for, so nothing is proved");
	for (unsigned i = 0; i < session->tests->len; i++) {
		const FlSessionTest *test = session->tests->pdata[i];

		if (test->result->kind == FL_VERDICT_PASS)
			return NULL;
	}
	return g_strdup_printf("all %u tests were skipped, so nothing is proved",
			       session->tests->len);
}

char *fl_proof_gap(const FlEvidence *evidence)
{
	char *gap = wire_gap(evidence);

	if (!gap)
		gap = count_gap(evidence->session);
	if (!gap)
		gap = kernlog_gap(evidence);
	if (!gap && evidence->n_dropped)
		gap = g_strdup_printf("the kernel dropped console messages, times: %u",
				      evidence->n_dropped);
	if (!gap && !evidence->n_console_lines)
		gap = g_strdup("the console is empty");
	if (gap)
		return gap;
	return test_gap(evidence->session);
}
