// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs of guests, each an ordinary run with its own evidence folder and its row in the history.
 */
#include "flow/compare_guest.h"

#include "flow/run.h"

void fl_compare_guest_clear(FlComparison *comparison)
{
	g_clear_pointer(&comparison->compare, fl_compare_free);
	g_clear_pointer(&comparison->records, g_ptr_array_unref);
	g_clear_pointer(&comparison->evidence, g_ptr_array_unref);
}

static bool boot(FlRun *run, uint64_t seed, FlComparison *comparison, GError **error)
{
	g_autoptr(FlRunRecord) record = NULL;
	g_autofree char *evidence = NULL;

	if (!fl_run_boot(run, seed, 1, &record, &evidence, error)) {
		if (evidence)
			g_prefix_error(error, "evidence so far: %s: ", evidence);
		return false;
	}
	g_ptr_array_add(comparison->records, g_steal_pointer(&record));
	g_ptr_array_add(comparison->evidence, g_steal_pointer(&evidence));
	return true;
}

/* A run whose one guest is the last of the records. */
static const FlVerdict *verdict_of(const FlComparison *comparison, guint from_end)
{
	const FlRunRecord *record =
		g_ptr_array_index(comparison->records, comparison->records->len - from_end);
	const FlGuestRecord *guest = g_ptr_array_index(record->guests, 0);

	return guest->verdict;
}

static bool run_pairs(const FlCompareGuest *guest, FlRun *a, FlRun *b, FlComparison *comparison,
		      GError **error)
{
	const FlRunRequest *request = guest->sides[FL_COMPARE_A];
	uint64_t seed = request->has_seed ? request->seed : request->plan->seed;

	for (unsigned i = 0; i < request->repeat; i++) {
		g_autoptr(GPtrArray) rows = NULL;

		if (!boot(a, seed + i, comparison, error) || !boot(b, seed + i, comparison, error))
			return false;
		fl_compare_add(comparison->compare, verdict_of(comparison, 2),
			       verdict_of(comparison, 1));
		rows = fl_compare_rows(comparison->compare);
		if (guest->told)
			guest->told(comparison->compare, rows, guest->data);
		comparison->is_clear =
			i + 1 < request->repeat && fl_compare_is_clear(comparison->compare, rows);
		if (comparison->is_clear)
			break;
	}
	return true;
}

/* One after the other, deterministic vCPUs count instructions and no host's time. */
static bool shares_cpus(const FlRunRequest *request)
{
	return !request->deterministic && request->cpus * request->jobs > g_get_num_processors();
}

bool fl_compare_guest(const FlCompareGuest *guest, FlComparison *ret_comparison, GError **error)
{
	g_autoptr(FlRun) a = NULL;
	g_autoptr(FlRun) b = NULL;

	*ret_comparison = (FlComparison){
		.records = g_ptr_array_new_with_free_func((GDestroyNotify)fl_record_free),
		.evidence = g_ptr_array_new_with_free_func(g_free),
		.compare = fl_compare_new(guest->confidence),
	};
	if (shares_cpus(guest->sides[FL_COMPARE_B]))
		fl_compare_share_cpus(ret_comparison->compare);
	a = fl_run_prepare(guest->site, guest->sides[FL_COMPARE_A], error);
	b = a ? fl_run_prepare(guest->site, guest->sides[FL_COMPARE_B], error) : NULL;
	return b && run_pairs(guest, a, b, ret_comparison, error);
}
