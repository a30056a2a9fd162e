// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judging again. Feeds files to the judge in pieces, so that a log of any size fits in memory.
 */
#include "flow/rejudge.h"

#include "base/fs.h"
#include "base/json.h"
#include "flow/evidence.h"
#include "flow/quote.h"
#include "judge/autopsy.h"
#include "judge/judge.h"
#include "judge/symbolize.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef void (*FeedFn)(FlJudge *judge, const char *bytes, size_t len);

static bool feed_file(FlJudge *judge, const char *path, FeedFn feed, GError **error)
{
	fl_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[1 << 16];
	ssize_t n = -1;

	if (fd >= 0)
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			feed(judge, buf, (size_t)n);
	if (n == 0)
		return true;
	g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_EVIDENCE, "%s cannot be read: %s", path,
		    g_strerror(errno));
	return false;
}

/* guest: NULL for a bare log, which has a name instead. */
static FlJudge *make_judge(const FlSite *site, const FlGuestRecord *guest, const char *log_name,
			   FlExplain *explain, GError **error)
{
	g_autofree char *rules = fl_site_path(site, "configs/splats");
	FlJudgeSpec spec = {
		.tests = guest ? (const char *const *)guest->tests : NULL,
		.console_name = log_name,
		.nonce = guest ? guest->nonce : NULL,
		.rules_dir = rules,
		.today = site->today,
		.explain = explain,
	};

	return fl_judge_new(&spec, error);
}

/* What was seen of a guest that hung, while it was there. */
static void apply_autopsy(FlGuestRecord *guest, const char *dir)
{
	g_autofree char *path = g_build_filename(dir, FL_RUNDIR_AUTOPSY, NULL);
	g_autoptr(json_t) autopsy = fl_json_read(path, NULL);

	if (autopsy)
		fl_autopsy_apply(guest->verdict, autopsy);
}

static bool judge_guest(const FlSite *site, FlRunRecord *record, const char *dir,
			FlExplain *explain, GError **error)
{
	g_autofree char *console = g_build_filename(dir, FL_RUNDIR_CONSOLE, NULL);
	g_autofree char *wire = g_build_filename(dir, FL_RUNDIR_WIRE, NULL);
	FlGuestRecord *guest = fl_evidence_load_guest(dir, error);
	g_autoptr(FlJudge) judge = NULL;

	if (!guest)
		return false;
	g_ptr_array_add(record->guests, guest);
	fl_explain(explain, "guest %s, %s", guest->label, dir);
	judge = make_judge(site, guest, NULL, explain, error);
	if (!judge || !feed_file(judge, console, fl_judge_console, error) ||
	    !feed_file(judge, wire, fl_judge_wire, error))
		return false;
	fl_record_set_verdict(guest, fl_judge_end(judge, guest->ending, guest->detail));
	apply_autopsy(guest, dir);
	/* The vmlinux may be gone with the cache: the frames then stay as they were printed. */
	if (guest->vmlinux && g_file_test(guest->vmlinux, G_FILE_TEST_EXISTS) &&
	    !fl_symbolize(guest->verdict, guest->vmlinux, guest->modules, error))
		return false;
	fl_quote(guest, site->cache_dir);
	return true;
}

static bool judge_log(const FlSite *site, FlRunRecord *record, const char *path, FlExplain *explain,
		      GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autoptr(FlJudge) judge = make_judge(site, NULL, name, explain, error);
	FlGuestRecord *guest;

	if (!judge || !feed_file(judge, path, fl_judge_console, error))
		return false;
	guest = fl_record_guest_new(name, 1);
	fl_record_set_verdict(guest, fl_judge_end(judge, FL_ENDING_UNKNOWN, NULL));
	g_ptr_array_add(record->guests, guest);
	return true;
}

static bool judge_folder(const FlSite *site, FlRunRecord *record, const char *path,
			 FlExplain *explain, GError **error)
{
	g_autoptr(GPtrArray) dirs = fl_evidence_guests(path, error);

	for (guint i = 0; dirs && i < dirs->len; i++)
		if (!judge_guest(site, record, g_ptr_array_index(dirs, i), explain, error))
			return false;
	return dirs != NULL;
}

bool fl_rejudge(const FlSite *site, const char *path, FlExplain *explain, FlRunRecord **ret_record,
		GError **error)
{
	g_autofree char *id = g_path_get_basename(path);
	g_autoptr(FlRunRecord) record = fl_record_new(id);
	bool ok;

	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_set_error(error, FL_FLOW_ERROR, FL_FLOW_ERROR_EVIDENCE,
			    "there is no %s: expected an evidence folder or a console log", path);
		return false;
	}
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		ok = judge_folder(site, record, path, explain, error);
	else
		ok = judge_log(site, record, path, explain, error);
	if (!ok)
		return false;
	fl_record_conclude(record);
	*ret_record = g_steal_pointer(&record);
	return true;
}
