// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge's ears: bytes of the two ports to the parsers, and the verdict from what they kept.
 */
#include "judge/judge.h"

#include "judge/boots.h"
#include "judge/ruling.h"

#include <string.h>

/* After a death the report still has to come out of the port. */
#define GRACE_DEATH_US 2000000u

/* How sentences call the two logs. */
#define FILE_CONSOLE "serial.log"
#define FILE_KERNLOG "the kernel's log on the wire"

struct FlJudge {
	bool bare;
	char *console_name;
	FlRules *rules; /* its own, or NULL */
	FlLines lines;
	FlWire wire;
	FlSession *session;
	FlSplats *splats;     /* of the console */
	FlLogtests *logtests; /* of a bare log, else NULL */
	FlKernlog kernlog;
	FlBoots *boots; /* likewise */
	unsigned n_banners;
	bool doubt;	   /* `banner` may be that of a boot that nobody asked for */
	FlLine banner;	   /* its text is gone */
	bool restarts;	   /* the kernel says that it is told to make room for another one */
	bool death_is_old; /* another kernel has booted since */
	unsigned n_dropped;
	FlExplain *explain; /* or NULL */
};

static bool says_dropped(const char *text)
{
	return g_str_has_prefix(text, "** ") && strstr(text, " printk messages dropped **");
}

/* The message before the note was cut by it, and comes again whole. */
static size_t before_replay(const FlLine *line)
{
	static const char note[] = "** replaying previous printk message **";
	size_t len = strlen(note);

	if (line->len <= len || line->text[line->len - 1] != '*')
		return 0;
	return strcmp(line->text + line->len - len, note) == 0 ? line->len - len : 0;
}

static void take_cut_line(FlJudge *judge, const FlLine *line, size_t len)
{
	g_autofree char *text = g_strndup(line->text, len);
	FlLine cut = *line;

	cut.text = text;
	cut.len = len;
	cut.torn = true;
	fl_splats_line(judge->splats, &cut);
}

/* The last words of a kernel that was asked to restart, or to start another one. */
static bool says_restart(const char *text)
{
	return (*text == 'r' && g_str_has_prefix(text, "reboot: Restarting system")) ||
	       (*text == 'k' && (g_str_has_prefix(text, "kexec_core: Starting new kernel") ||
				 g_str_has_prefix(text, "kexec: Starting new kernel")));
}

/*
 * Whether the reboot of a bare log is no finding of its own: it was asked for, or the kernel died before,
 * and the board or the crash kernel goes on. A guest of a run has no reason to boot twice.
 */
static bool is_expected_boot(FlJudge *judge)
{
	bool dead = fl_splats_death(judge->splats) != NULL;
	bool expected = judge->bare && (judge->restarts || (dead && !judge->death_is_old));

	judge->restarts = false;
	judge->death_is_old = dead;
	return expected;
}

/* A banner of which nothing else was told was another boot's. */
static void settle_doubt(FlJudge *judge)
{
	if (!judge->doubt)
		return;
	judge->banner.text = FL_KERNLOG_REBOOT;
	judge->banner.stamp_us =
		UINT64_MAX; /* a new clock: later than all that the first boot said */
	fl_splats_add(judge->splats, "reboot", &judge->banner, FL_VERDICT_CRASH);
	judge->doubt = false;
}

static void take_banner(FlJudge *judge, const FlLine *line)
{
	if (++judge->n_banners == 1)
		return;
	settle_doubt(judge);
	fl_splats_boot(judge->splats);
	if (judge->boots)
		fl_boots_banner(judge->boots);
	if (is_expected_boot(judge)) {
		fl_explain_line(judge->explain, judge->console_name, line->number,
				"another kernel boots, as was to be expected");
		return;
	}
	judge->doubt = true;
	judge->banner = *line;
	if (!judge->boots || !fl_boots_is_open(judge->boots))
		settle_doubt(judge);
}

/* In a bare log somebody may have printed the kernel's log, and its banner with it. */
static void follow_boots(FlJudge *judge, const FlLine *line)
{
	FlBootsNews news = fl_boots_line(judge->boots, line);

	if (news == FL_BOOTS_ANOTHER)
		settle_doubt(judge);
	if (news != FL_BOOTS_COPY || !judge->doubt)
		return;
	judge->doubt = false;
	fl_explain_line(judge->explain, judge->console_name, judge->banner.number,
			"no reboot: the lines of the boot are printed again, with the same times");
}

/*
 * Once the console has printed a time stamp, lines without one are not the kernel's. A log
 * without any stamps is taken as the kernel's as a whole.
 */
static void take_console_line(const FlLine *line, gpointer data)
{
	FlJudge *judge = data;
	size_t cut;

	if (*line->text == '*' && says_dropped(line->text)) {
		judge->n_dropped++;
		fl_explain_line(judge->explain, judge->console_name, line->number,
				"messages are missing on the console: %.160s", line->text);
		fl_splats_gap(judge->splats);
		return;
	}
	if (judge->logtests && !line->torn)
		fl_logtests_line(judge->logtests, line->text, line->number);
	if (!line->stamped && judge->lines.any_stamp)
		return;
	judge->restarts |= says_restart(line->text);
	if (*line->text == 'L' && g_str_has_prefix(line->text, FL_KERNLOG_BANNER))
		take_banner(judge, line);
	else if (judge->boots)
		follow_boots(judge, line);
	cut = before_replay(line);
	if (cut)
		take_cut_line(judge, line, cut);
	else
		fl_splats_line(judge->splats, line);
}

static void take_wire_record(const FlWireRecord *record, gpointer data)
{
	FlJudge *judge = data;
	FlSession *session = judge->session;

	if (record->kind == FL_WIRE_KMSG)
		fl_kernlog_record(&judge->kernlog, record->payload, session->running,
				  session->running || session->arrived->len);
	else
		fl_session_record(session, record);
}

FlJudge *fl_judge_new(const FlJudgeSpec *spec, GError **error)
{
	FlRules *own = NULL;
	const FlRules *rules = spec->rules;
	FlJudge *judge;

	if (!rules)
		rules = own = fl_rules_load(spec->rules_dir, spec->today, error);
	if (!rules)
		return NULL;
	judge = g_new0(FlJudge, 1);
	judge->bare = !spec->tests;
	judge->console_name = g_strdup(spec->console_name ? spec->console_name : FILE_CONSOLE);
	judge->rules = own;
	judge->session = fl_session_new(spec->tests);
	judge->splats = fl_splats_new(rules);
	judge->logtests = judge->bare ? fl_logtests_new(spec->explain, judge->console_name) : NULL;
	judge->boots = judge->bare ? fl_boots_new() : NULL;
	fl_kernlog_init(&judge->kernlog, rules);
	judge->explain = spec->explain;
	fl_splats_explain(judge->splats, spec->explain, judge->console_name);
	fl_splats_explain(judge->kernlog.splats, spec->explain, FILE_KERNLOG);
	fl_lines_init(&judge->lines, take_console_line, judge);
	fl_wire_init(&judge->wire, spec->nonce, take_wire_record, judge);
	return judge;
}

void fl_judge_free(FlJudge *judge)
{
	if (!judge)
		return;
	fl_lines_clear(&judge->lines);
	fl_wire_clear(&judge->wire);
	fl_kernlog_clear(&judge->kernlog);
	fl_splats_free(judge->splats);
	fl_logtests_free(judge->logtests);
	fl_boots_free(judge->boots);
	fl_session_free(judge->session);
	fl_rules_free(judge->rules);
	g_free(judge->console_name);
	g_free(judge);
}

void fl_judge_console(FlJudge *judge, const char *bytes, size_t len)
{
	fl_lines_feed(&judge->lines, bytes, len);
}

void fl_judge_wire(FlJudge *judge, const char *bytes, size_t len)
{
	fl_wire_feed(&judge->wire, bytes, len);
}

static bool is_dead(const FlJudge *judge)
{
	const FlReport *death = fl_splats_death(judge->splats);

	if (death && !fl_kernlog_user_wrote(&judge->kernlog, death->header))
		return true;
	return judge->n_banners > 1 + fl_kernlog_user_wrote(&judge->kernlog, FL_KERNLOG_REBOOT);
}

bool fl_judge_wants_stop(const FlJudge *judge, uint64_t *ret_grace_us)
{
	if (judge->session->ended && judge->session->attest.present)
		*ret_grace_us = 0;
	else if (is_dead(judge))
		*ret_grace_us = GRACE_DEATH_US;
	else
		return false;
	return true;
}

bool fl_judge_is_stuck(const FlJudge *judge)
{
	return judge->session->stuck->len != 0;
}

unsigned fl_judge_n_results(const FlJudge *judge)
{
	return judge->session->arrived->len;
}

const FlTestResult *fl_judge_result(const FlJudge *judge, unsigned i)
{
	g_return_val_if_fail(i < judge->session->arrived->len, NULL);
	return judge->session->arrived->pdata[i];
}

const char *fl_judge_running(const FlJudge *judge)
{
	return judge->session->running ? judge->session->running->result->name : NULL;
}

FlVerdict *fl_judge_end(FlJudge *judge, FlEnding ending, const char *detail)
{
	g_autoptr(GArray) findings = NULL;
	FlEvidence evidence = {.bare = judge->bare,
			       .console_name = judge->console_name,
			       .session = judge->session,
			       .wire = &judge->wire,
			       .kernlog = &judge->kernlog,
			       .logtests = judge->logtests,
			       .ending = ending,
			       .detail = detail,
			       .explain = judge->explain};

	fl_lines_end(&judge->lines);
	settle_doubt(judge);
	fl_splats_end(judge->splats);
	fl_splats_end(judge->kernlog.splats);
	findings = fl_findings_merge(fl_splats_reports(judge->splats), &judge->kernlog,
				     judge->session->running);
	evidence.findings = findings;
	evidence.n_console_lines = judge->lines.number;
	evidence.last_line = judge->lines.scratch;
	evidence.n_dropped = judge->n_dropped;
	return fl_ruling(&evidence);
}
