// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ruling. Every witness may worsen the verdict, none may better it; among equals the first
 * one heard gives the reason, so the order in fl_ruling is the order of telling power.
 */
#include "judge/ruling.h"

#include "judge/proof.h"

#include <inttypes.h>
#include <string.h>

static void consider(const FlEvidence *evidence, FlVerdict *verdict, FlVerdictKind kind,
		     const char *format, ...) G_GNUC_PRINTF(4, 5);
static void consider(const FlEvidence *evidence, FlVerdict *verdict, FlVerdictKind kind,
		     const char *format, ...)
{
	g_autofree char *reason = NULL;
	va_list args;

	va_start(args, format);
	reason = g_strdup_vprintf(format, args);
	va_end(args);
	if (kind > FL_VERDICT_BROKEN || kind > verdict->kind)
		fl_explain(evidence->explain, "verdict: %s%s: %s", fl_verdict_name(kind),
			   kind > verdict->kind ? "" : " as well, which changes nothing", reason);
	if (kind <= verdict->kind)
		return;
	g_free(verdict->reason);
	verdict->reason = g_steal_pointer(&reason);
	verdict->kind = kind;
}

static const char *running_name(const FlEvidence *evidence)
{
	const FlSessionTest *running = evidence->session->running;

	return running ? running->result->name : NULL;
}

static char *while_running(const FlEvidence *evidence)
{
	const char *name = running_name(evidence);

	return name ? g_strdup_printf(" while %s ran", name) : g_strdup("");
}

/* "lockdep: WARNING: bad unlock balance in f, lock vm_lock, at serial.log:812 during test" */
static char *finding_sentence(const FlEvidence *evidence, const FlFinding *finding)
{
	const FlSplat *splat = finding->splat;
	GString *out = g_string_new(NULL);

	g_string_printf(out, "%s: %s", splat->kind, splat->title);
	if (splat->lock)
		g_string_append_printf(out, ", lock %s", splat->lock);
	if (splat->first_line)
		g_string_append_printf(out, ", at %s:%u", evidence->console_name,
				       splat->first_line);
	else
		g_string_append(out, ", in the kernel's log");
	if (finding->during)
		g_string_append_printf(out, " during %s", finding->during);
	return g_string_free(out, FALSE);
}

/* The worst finding, the first among equals; NULL when there is none that counts. */
static const FlFinding *worst_finding(const FlEvidence *evidence)
{
	const FlFinding *worst = NULL;

	for (unsigned i = 0; i < evidence->findings->len; i++) {
		const FlFinding *finding = &g_array_index(evidence->findings, FlFinding, i);

		if (finding->splat->verdict < FL_VERDICT_BROKEN)
			continue;
		if (!worst || finding->splat->verdict > worst->splat->verdict)
			worst = finding;
	}
	return worst;
}

static bool found_death(const FlEvidence *evidence)
{
	for (unsigned i = 0; i < evidence->findings->len; i++) {
		if (g_array_index(evidence->findings, FlFinding, i).dies)
			return true;
	}
	return false;
}

static const char *last_lock(const FlEvidence *evidence)
{
	for (unsigned i = 0; i < evidence->findings->len; i++) {
		const FlFinding *finding = &g_array_index(evidence->findings, FlFinding, i);

		if (finding->splat->lock)
			return finding->splat->lock;
	}
	return NULL;
}

static char *stuck_sentence(const FlEvidence *evidence, const char *test)
{
	const char *lock = last_lock(evidence);

	for (unsigned i = 0; i < evidence->session->stuck->len; i++) {
		const FlStuck *stuck = evidence->session->stuck->pdata[i];

		if (test && strcmp(stuck->test, test) != 0)
			continue;
		return g_strdup_printf("task %s:%s does not come back from %s (state %s%s%s) in %s",
				       stuck->comm, stuck->pid, stuck->where, stuck->state,
				       lock ? ", lock " : "", lock ? lock : "", stuck->test);
	}
	return NULL;
}

/* What an ending says of a guest that had not said its last word. */
static FlVerdictKind weigh_ending(FlEnding ending)
{
	switch (ending) {
	case FL_ENDING_RESET:
	case FL_ENDING_PANIC:
		return FL_VERDICT_CRASH;
	case FL_ENDING_NO_BOOT:
	case FL_ENDING_SILENCE:
	case FL_ENDING_TOTAL:
		return FL_VERDICT_HANG;
	case FL_ENDING_FLOOD:
		return FL_VERDICT_FAIL;
	case FL_ENDING_UNKNOWN:
	case FL_ENDING_EXIT:
	case FL_ENDING_POWEROFF:
	case FL_ENDING_STOPPED:
	case FL_ENDING_CANCELLED:
	case FL_ENDING_QEMU:
		break;
	}
	return FL_VERDICT_BROKEN;
}

static const char *ending_words(FlEnding ending)
{
	switch (ending) {
	case FL_ENDING_RESET:
		return "the guest reset itself without a word (a reboot or a triple fault)";
	case FL_ENDING_PANIC:
		return "the kernel panicked and its words were lost";
	case FL_ENDING_NO_BOOT:
		return "the kernel did not come up within the boot limit";
	case FL_ENDING_SILENCE:
		return "the guest fell silent";
	case FL_ENDING_TOTAL:
		return "the guest did not end within the total limit";
	case FL_ENDING_FLOOD:
		return "the guest printed more than its limit";
	case FL_ENDING_POWEROFF:
		return "the guest powered off before it had closed the run";
	case FL_ENDING_EXIT:
		return "the guest ended, but its last records are missing";
	case FL_ENDING_STOPPED:
		return "the guest was stopped before it had closed the run";
	case FL_ENDING_CANCELLED:
		return "the run was cancelled";
	case FL_ENDING_QEMU:
		return "the virtual machine failed";
	case FL_ENDING_UNKNOWN:
		break;
	}
	return "nobody saw how the guest ended";
}

/* Whether the guest had its whole say and ended as it should. */
static bool ended_well(const FlEvidence *evidence)
{
	return evidence->session->ended &&
	       (evidence->ending == FL_ENDING_EXIT || evidence->ending == FL_ENDING_STOPPED);
}

/* Of a guest that went quiet, the last words of its console. */
static char *last_words(const FlEvidence *evidence, FlVerdictKind kind)
{
	g_autofree char *valid = g_utf8_make_valid(evidence->last_line, -1);

	if (evidence->detail && *evidence->detail)
		return g_strconcat(": ", evidence->detail, NULL);
	if (kind != FL_VERDICT_HANG)
		return g_strdup("");
	if (!evidence->n_console_lines)
		return g_strdup("; its console is empty");
	return g_strdup_printf("; the last of %u console lines: %.160s", evidence->n_console_lines,
			       valid);
}

static void rule_ending(FlVerdict *verdict, const FlEvidence *evidence)
{
	FlVerdictKind kind = weigh_ending(evidence->ending);
	g_autofree char *during = while_running(evidence);
	g_autofree char *words = last_words(evidence, kind);

	if (ended_well(evidence))
		return;
	if (kind == FL_VERDICT_CRASH && found_death(evidence))
		return;
	if (evidence->bare && kind == FL_VERDICT_BROKEN)
		return;
	if (kind == FL_VERDICT_HANG && verdict->kind <= kind && !verdict->hang)
		verdict->hang = g_strconcat(ending_words(evidence->ending), during, NULL);
	consider(evidence, verdict, kind, "%s%s%s", ending_words(evidence->ending), during, words);
}

static void rule_stuck(FlVerdict *verdict, const FlEvidence *evidence)
{
	g_autofree char *stuck = stuck_sentence(evidence, NULL);

	if (!stuck)
		return;
	consider(evidence, verdict, FL_VERDICT_HANG, "%s", stuck);
	verdict->hang = g_steal_pointer(&stuck);
}

static void rule_findings(FlVerdict *verdict, const FlEvidence *evidence)
{
	const FlFinding *worst = worst_finding(evidence);
	g_autofree char *sentence = worst ? finding_sentence(evidence, worst) : NULL;

	if (!worst)
		return;
	consider(evidence, verdict, worst->splat->verdict, "%s", sentence);
	if (worst->splat->verdict == FL_VERDICT_HANG && !verdict->hang)
		verdict->hang = g_steal_pointer(&sentence);
}

static void set_result(FlTestResult *result, FlVerdictKind kind, char *reason)
{
	result->kind = kind;
	g_free(result->reason);
	result->reason = reason;
}

/* A test that began and has no result: what took it away? */
static void rule_unfinished(const FlEvidence *evidence, FlTestResult *result)
{
	const FlFinding *worst = worst_finding(evidence);
	FlVerdictKind kind =
		ended_well(evidence) ? FL_VERDICT_BROKEN : weigh_ending(evidence->ending);

	if (worst && worst->splat->verdict >= kind)
		set_result(result, worst->splat->verdict, finding_sentence(evidence, worst));
	else if (ended_well(evidence))
		set_result(result, FL_VERDICT_BROKEN, g_strdup("its result is missing"));
	else if (evidence->ending == FL_ENDING_POWEROFF)
		set_result(result, FL_VERDICT_FAIL, g_strdup("the guest powered off while it ran"));
	else
		set_result(result, kind,
			   g_strdup_printf("%s while it ran", ending_words(evidence->ending)));
}

static void rule_test(const FlEvidence *evidence, const FlSessionTest *test, FlTestResult *result)
{
	char *stuck = stuck_sentence(evidence, result->name);

	if (stuck)
		set_result(result, FL_VERDICT_HANG, stuck);
	else if (!test->started)
		set_result(result, FL_VERDICT_BROKEN,
			   g_strdup(ended_well(evidence)
					    ? "it was not run"
					    : "it was not run: the guest ended before"));
	else if (!test->ended)
		rule_unfinished(evidence, result);
}

static FlTestResult *copy_result(const FlTestResult *from)
{
	FlTestResult *copy = fl_verdict_test_new(from->name);

	set_result(copy, from->kind, g_strdup(from->reason));
	copy->seconds = from->seconds;
	g_ptr_array_unref(copy->metrics);
	copy->metrics = g_ptr_array_ref(from->metrics);
	g_ptr_array_unref(copy->cases);
	copy->cases = g_ptr_array_ref(from->cases);
	g_string_append_len(copy->output, from->output->str, (gssize)from->output->len);
	return copy;
}

static void rule_tests(FlVerdict *verdict, const FlEvidence *evidence)
{
	for (unsigned i = 0; i < evidence->session->tests->len; i++) {
		const FlSessionTest *test = evidence->session->tests->pdata[i];
		FlTestResult *result = copy_result(test->result);

		rule_test(evidence, test, result);
		fl_explain(evidence->explain, "test %s: %s%s%s", result->name,
			   fl_verdict_name(result->kind), *result->reason ? ": " : "",
			   result->reason);
		g_ptr_array_add(verdict->tests, result);
	}
}

static void take_log_tests(FlVerdict *verdict, const FlEvidence *evidence)
{
	const GPtrArray *results =
		evidence->logtests ? fl_logtests_results(evidence->logtests) : NULL;

	for (unsigned i = 0; results && i < results->len; i++)
		g_ptr_array_add(verdict->tests, copy_result(results->pdata[i]));
}

/* Nothing that such a log says of itself proves that it is whole. */
static void rule_bare_log(FlVerdict *verdict, const FlEvidence *evidence)
{
	g_autofree char *problem = fl_logtests_problem(evidence->logtests);

	if (verdict->kind != FL_VERDICT_PASS)
		return;
	if (problem)
		consider(evidence, verdict, FL_VERDICT_BROKEN, "its results are not whole: %s",
			 problem);
	consider(evidence, verdict, FL_VERDICT_BROKEN,
		 "nothing wrong was found in %u lines%s, but a bare console log proves no pass",
		 evidence->n_console_lines, verdict->tests->len ? " and their test results" : "");
}

static void weigh_tests(const FlEvidence *evidence, FlVerdict *verdict,
			bool (*wanted)(FlVerdictKind kind))
{
	for (unsigned i = 0; i < verdict->tests->len; i++) {
		const FlTestResult *test = verdict->tests->pdata[i];

		if (wanted(test->kind))
			consider(evidence, verdict, test->kind, "test %s %s: %s", test->name,
				 test->kind == FL_VERDICT_FAIL	   ? "failed"
				 : test->kind == FL_VERDICT_BROKEN ? "has no result"
								   : "did not come back",
				 test->reason);
	}
}

static bool is_guilty(FlVerdictKind kind)
{
	return kind > FL_VERDICT_BROKEN;
}

static bool is_broken(FlVerdictKind kind)
{
	return kind == FL_VERDICT_BROKEN;
}

static void note_attest(const FlEvidence *evidence)
{
	const FlAttest *attest = &evidence->session->attest;

	if (!attest->present) {
		fl_explain(evidence->explain, "closing statement: there is none");
		return;
	}
	fl_explain(evidence->explain,
		   "closing statement: taint %" PRId64 ", %" PRId64 " warnings, %" PRId64
		   " oops, %" PRId64 " tests began, %" PRId64 " ended, kernel log %" PRId64
		   " to %" PRId64 " with %" PRId64 " lost; on the wire it is %" PRIu64
		   " to %" PRIu64,
		   attest->tainted, attest->warn, attest->oops, attest->started, attest->results,
		   attest->kmsg_first, attest->kmsg_last, attest->kmsg_lost,
		   evidence->kernlog->first_seq, evidence->kernlog->next_seq - 1);
}

static void rule_guilt(FlVerdict *verdict, const FlEvidence *evidence)
{
	g_autofree char *guilt = fl_proof_guilt(evidence);

	if (guilt)
		consider(evidence, verdict, FL_VERDICT_FAIL, "%s", guilt);
}

static void rule_gaps(FlVerdict *verdict, const FlEvidence *evidence)
{
	g_autofree char *gap = fl_proof_gap(evidence);

	if (gap)
		consider(evidence, verdict, FL_VERDICT_BROKEN, "%s", gap);
}

/* All is well: say of what. */
static void praise(FlVerdict *verdict)
{
	GString *out = g_string_new(NULL);
	unsigned n_skip = 0;

	for (unsigned i = 0; i < verdict->tests->len; i++) {
		const FlTestResult *test = verdict->tests->pdata[i];

		if (test->kind != FL_VERDICT_SKIP)
			continue;
		g_string_append_printf(out, "%s%s: %s", n_skip++ ? "; " : "", test->name,
				       test->reason);
	}
	g_free(verdict->reason);
	verdict->reason = g_strdup_printf(
		"%u of %u tests passed%s%s%s%s", verdict->tests->len - n_skip, verdict->tests->len,
		n_skip ? ", skipped (" : "", out->str, n_skip ? ")" : "",
		verdict->splats->len ? ", the kernel gave warnings that are noted"
				     : ", nothing else was seen");
	g_string_free(out, TRUE);
}

static void take_splats(FlVerdict *verdict, const FlEvidence *evidence)
{
	for (unsigned i = 0; i < evidence->findings->len; i++) {
		const FlFinding *finding = &g_array_index(evidence->findings, FlFinding, i);

		finding->splat->during = g_strdup(finding->during);
		g_ptr_array_add(verdict->splats, finding->splat);
	}
}

FlVerdict *fl_ruling(const FlEvidence *evidence)
{
	FlVerdict *verdict = fl_verdict_new();

	verdict->kind = FL_VERDICT_PASS;
	verdict->release = g_strdup(evidence->session->release);
	take_splats(verdict, evidence);
	rule_tests(verdict, evidence);
	take_log_tests(verdict, evidence);
	rule_stuck(verdict, evidence);
	rule_findings(verdict, evidence);
	rule_ending(verdict, evidence);
	weigh_tests(evidence, verdict, is_guilty);
	if (evidence->bare) {
		rule_bare_log(verdict, evidence);
		return verdict;
	}
	note_attest(evidence);
	rule_guilt(verdict, evidence);
	rule_gaps(verdict, evidence);
	weigh_tests(evidence, verdict, is_broken);
	if (verdict->kind == FL_VERDICT_PASS)
		praise(verdict);
	return verdict;
}
