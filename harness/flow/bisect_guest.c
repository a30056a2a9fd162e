// SPDX-License-Identifier: GPL-2.0-only
/*
 * A candidate as a kernel of the plan with additions, run as any other. A candidate that does not
 * apply, configure or compile is one that cannot be run, no trouble of the harness.
 */
#include "flow/bisect_guest.h"

#include "flow/run.h"

#include <string.h>

enum { SEEDS_OF_ONE = 100000 }; /* more than --max-runs may be */

static bool is_candidates_fault(const GError *error)
{
	return error->domain == FL_KERNEL_ERROR && error->code != FL_KERNEL_ERROR_TREE &&
	       error->code != FL_KERNEL_ERROR_TOOL;
}

static bool build(unsigned candidate, FlBisectBuild *ret_build, gpointer data, GError **error)
{
	const FlBisectGuest *guest = data;
	FlPrepare extra = guest->request->extra;
	g_autoptr(GPtrArray) strings = NULL;
	g_autoptr(FlKernel) kernel = NULL;
	g_autoptr(GError) cause = NULL;

	fl_bisect_range_extra(guest->range, candidate, &extra, &strings);
	kernel = fl_prepare_kernel(guest->site, guest->kernel, &extra, &cause);
	if (kernel) {
		ret_build->image = g_strdup(kernel->bzimage_sha256);
		ret_build->seconds = (double)kernel->build_us / 1e6;
		return true;
	}
	if (!is_candidates_fault(cause)) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	ret_build->reason = g_strndup(cause->message, strcspn(cause->message, "\n"));
	return true;
}

static FlBisectSeen seen_of(FlTargetSight sight)
{
	switch (sight) {
	case FL_TARGET_ABSENT:
		return FL_BISECT_PASS;
	case FL_TARGET_SEEN:
		return FL_BISECT_FAIL;
	case FL_TARGET_UNKNOWN:
		break;
	}
	return FL_BISECT_CANNOT_TELL;
}

/* What cannot be run deterministically is run as it was asked for. */
static bool is_no_way(FlBisectWay way, const GError *error)
{
	return way == FL_BISECT_WAY_DETERMINISTIC &&
	       g_error_matches(error, FL_FLOW_ERROR, FL_FLOW_ERROR_USAGE);
}

/*
 * Deterministic guests of two kernels that are much the same do much the same with a seed, so that one
 * tells nothing that the other has not told: each candidate has seeds of its own.
 */
static uint64_t seed_of(const FlBisectGuest *guest, const FlRunRequest *request, unsigned candidate,
			unsigned nth)
{
	uint64_t own = request->deterministic ? (uint64_t)candidate * SEEDS_OF_ONE : 0;

	return guest->seed + own + nth;
}

static bool run(unsigned candidate, FlBisectWay way, unsigned nth, FlBisectTrial *ret_trial,
		gpointer data, GError **error)
{
	const FlBisectGuest *guest = data;
	const char *kernels[] = {guest->kernel->name, NULL};
	FlRunRequest request = *guest->request;
	g_autoptr(GPtrArray) strings = NULL;
	g_autoptr(FlRunRecord) record = NULL;
	g_autoptr(GError) cause = NULL;
	double total_ms = 0;

	if (way == FL_BISECT_WAY_DETERMINISTIC) {
		request.deterministic = true;
		request.yield_depth = FL_YIELDS_DEPTH;
	}
	request.kernels = kernels;
	request.has_seed = true;
	request.seed = seed_of(guest, &request, candidate, nth);
	request.repeat = 1;
	request.command = "";
	fl_bisect_range_extra(guest->range, candidate, &request.extra, &strings);
	if (!fl_run(guest->site, &request, &record, &ret_trial->evidence, &cause)) {
		if (!is_no_way(way, cause)) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return false;
		}
		ret_trial->seen = FL_BISECT_CANNOT_TELL;
		ret_trial->reason = g_strdup(cause->message);
		return true;
	}
	for (guint i = 0; i < record->guests->len; i++)
		total_ms += ((FlGuestRecord *)record->guests->pdata[i])->total_ms;
	ret_trial->seen = seen_of(fl_target_look_run(&guest->target, record));
	ret_trial->reason = g_strdup(record->reason);
	ret_trial->seconds = total_ms / 1000;
	return true;
}

static void ahead(const unsigned *candidates, size_t n, gpointer data)
{
	const FlBisectGuest *guest = data;

	fl_bisect_ahead_forget(guest->ahead);
	for (size_t i = 0; i < n; i++) {
		FlPrepare extra = guest->request->extra;
		g_autoptr(GPtrArray) strings = NULL;

		fl_bisect_range_extra(guest->range, candidates[i], &extra, &strings);
		fl_bisect_ahead_want(guest->ahead, candidates[i], &extra);
	}
}

static void told(const json_t *entry, const FlBisectStep *next, gpointer data)
{
	const FlBisectGuest *guest = data;

	if (guest->told)
		guest->told(entry, next, guest->data);
}

FlBisectHands fl_bisect_guest_hands(FlBisectGuest *guest)
{
	return (FlBisectHands){.build = build,
			       .run = run,
			       .fixed_way = guest->fixed_way,
			       .ahead = ahead,
			       .told = told,
			       .data = guest};
}
