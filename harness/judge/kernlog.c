// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of the kernel's log to reports.
 *
 * A message of the kernel at level error or worse that no rule knows is a failure: default deny.
 * One at level warning is reported and does not fail the run, because warnings are also how the
 * kernel comments on odd but legal requests, and tests make such requests.
 */
#include "judge/kernlog.h"

#include "judge/kmsg.h"

#include <string.h>

enum { LEVEL_ERROR = 3, LEVEL_WARNING = 4, USER_HEADERS_MAX = 10000 };

typedef struct {
	uint64_t stamp_us;
	const FlSessionTest *test;
} Mark;

void fl_kernlog_init(FlKernlog *log, const FlRules *rules)
{
	*log = (FlKernlog){.rules = rules};
	log->splats = fl_splats_new(rules);
	log->user = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	log->marks = g_array_new(FALSE, FALSE, sizeof(Mark));
}

void fl_kernlog_clear(FlKernlog *log)
{
	fl_splats_free(log->splats);
	g_clear_pointer(&log->user, g_hash_table_unref);
	if (log->marks)
		g_array_unref(log->marks);
	*log = (FlKernlog){0};
}

static void count_user_line(FlKernlog *log, const char *text)
{
	const char *header = text;

	if (g_str_has_prefix(text, FL_KERNLOG_BANNER))
		header = FL_KERNLOG_REBOOT;
	else if (!fl_rules_match(log->rules, FL_RULE_SPLAT, text, strlen(text)))
		return;
	if (g_hash_table_size(log->user) < USER_HEADERS_MAX)
		g_hash_table_replace(log->user, g_strdup(header),
				     GUINT_TO_POINTER(fl_kernlog_user_wrote(log, header) + 1));
}

unsigned fl_kernlog_user_wrote(const FlKernlog *log, const char *header)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(log->user, header));
}

static bool is_news(const FlKernlog *log, unsigned level, const FlLine *line, bool began)
{
	if (level > LEVEL_WARNING || (level == LEVEL_WARNING && !began))
		return false;
	return line->text[strspn(line->text, " \t-=")] &&
	       !fl_rules_match(log->rules, FL_RULE_KNOWN, line->text, line->len);
}

static void take_kernel_line(FlKernlog *log, const FlKmsg *kmsg, const char *text, bool began)
{
	FlLine line = {.text = text,
		       .len = strlen(text),
		       .stamp_us = kmsg->stamp_us,
		       .caller = kmsg->caller,
		       .stamped = true};

	if (fl_splats_line(log->splats, &line) || !is_news(log, kmsg->level, &line, began))
		return;
	fl_splats_add(log->splats, "kernel-message", &line,
		      kmsg->level <= LEVEL_ERROR ? FL_VERDICT_FAIL : FL_VERDICT_PASS);
}

static void follow_sequence(FlKernlog *log, uint64_t seq)
{
	if (!log->any) {
		log->first_seq = seq;
	} else if (seq != log->next_seq) {
		log->n_gaps++;
		fl_splats_gap(log->splats);
	}
	log->any = true;
	log->next_seq = seq + 1;
}

static void mark_test(FlKernlog *log, uint64_t stamp_us, const FlSessionTest *running)
{
	const Mark *last =
		log->marks->len ? &g_array_index(log->marks, Mark, log->marks->len - 1) : NULL;
	Mark mark = {stamp_us, running};

	log->last_us = MAX(log->last_us, stamp_us);
	if (last ? last->test != running : running != NULL)
		g_array_append_val(log->marks, mark);
}

void fl_kernlog_record(FlKernlog *log, const char *record, const FlSessionTest *running, bool began)
{
	g_auto(GStrv) lines = NULL;
	FlKmsg kmsg;

	if (!fl_kmsg_parse(record, &kmsg)) {
		log->malformed = true;
		return;
	}
	follow_sequence(log, kmsg.seq);
	mark_test(log, kmsg.stamp_us, running);
	lines = g_strsplit(kmsg.text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (kmsg.facility)
			count_user_line(log, *line);
		else
			take_kernel_line(log, &kmsg, *line, began);
	}
	g_free(kmsg.text);
}

const FlSessionTest *fl_kernlog_during(const FlKernlog *log, uint64_t stamp_us,
				       const FlSessionTest *running)
{
	const FlSessionTest *test = NULL;

	if (!log->any || stamp_us > log->last_us)
		return running;
	for (unsigned i = 0; i < log->marks->len; i++) {
		const Mark *mark = &g_array_index(log->marks, Mark, i);

		if (mark->stamp_us > stamp_us)
			break;
		test = mark->test;
	}
	return test;
}
