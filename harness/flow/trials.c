// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guests of one run, through the pool. Knows nothing of where they come from.
 */
#include "flow/trials.h"

#include "base/json.h"
#include "base/log.h"
#include "flow/evidence.h"
#include "flow/pool.h"
#include "report/result.h"
#include "store/store.h"

/* What went wrong with the harness is the run's reason; the guests that ended keep their verdicts. */
static void note_trouble(FlRunRecord *record, const GError *trouble)
{
	g_free(record->reason);
	record->reason = g_strdup(trouble->message);
}

/* The evidence folder is the truth: a history that cannot be written changes no verdict. */
static void remember(const FlRunRecord *record, const char *out)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FlStore) store = fl_store_open(out, &error);
	g_autoptr(json_t) result = fl_result_run(record);

	if (!store || !fl_store_add(store, result, &error))
		fl_log_warning("this run is not in the history: %s", error->message);
}

bool fl_trials_run(const FlTrials *trials, GError **error)
{
	g_autoptr(GError) trouble = NULL;

	/* From here on a run that dies leaves a folder that says so. */
	if (!fl_evidence_save_run(trials->record, trials->rundir, error))
		return false;
	if (trials->on_ready)
		trials->on_ready(trials->record, trials->data);
	if (fl_pool_run(trials->setups, trials->n, trials->jobs, trials->fail_fast, trials->cancel,
			&trouble))
		fl_record_conclude(trials->record);
	else
		note_trouble(trials->record, trouble);
	/* The first trouble is the one to tell: a full disk fails here as well. */
	if (!fl_evidence_save_run(trials->record, trials->rundir, trouble ? NULL : &trouble))
		g_debug("result.json could not be written");
	if (trials->out)
		remember(trials->record, trials->out);
	if (!trouble)
		return true;
	g_propagate_error(error, g_steal_pointer(&trouble));
	return false;
}
