// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trials in parallel: processes side by side under one main loop. Order of starting is the order
 * given; order of ending does not matter, each trial fills its own record.
 */
#include "flow/pool.h"

typedef struct {
	const FlTrialSetup *setups;
	size_t n, next, running;
	unsigned jobs;
	bool stop_at_failure, stopping;
	FlTrial **trials; /* n slots; set while running */
	GPtrArray *ended; /* of FlTrial: freed outside their own callback */
	GError *error;	  /* the first */
} Pool;

static void on_done(FlTrial *trial, const GError *error, gpointer data)
{
	Pool *pool = data;
	const FlVerdict *verdict = NULL;

	for (size_t i = 0; i < pool->next; i++) {
		if (pool->trials[i] != trial)
			continue;
		pool->trials[i] = NULL;
		verdict = pool->setups[i].guest->verdict;
	}
	if (error && !pool->error)
		pool->error = g_error_copy(error);
	if (error || (pool->stop_at_failure && verdict && verdict->kind != FL_VERDICT_PASS))
		pool->stopping = true;
	pool->running--;
	g_ptr_array_add(pool->ended, trial);
}

static void start_next(Pool *pool)
{
	size_t i = pool->next++;

	pool->running++;
	pool->trials[i] = fl_trial_run_start(&pool->setups[i], on_done, pool, &pool->error);
	if (!pool->trials[i]) {
		g_prefix_error(&pool->error, "%s: ", pool->setups[i].guest->label);
		pool->running--;
		pool->stopping = true;
	}
}

static void cancel_all(Pool *pool)
{
	pool->stopping = true;
	for (size_t i = 0; i < pool->next; i++)
		if (pool->trials[i])
			fl_trial_run_cancel(pool->trials[i]);
}

static gboolean on_cancel(GCancellable *cancel, gpointer data)
{
	(void)cancel;
	cancel_all(data);
	return G_SOURCE_REMOVE;
}

bool fl_pool_run(const FlTrialSetup *setups, size_t n, unsigned jobs, bool stop_at_failure,
		 GCancellable *cancel, GError **error)
{
	g_autofree FlTrial **trials = g_new0(FlTrial *, n + 1);
	g_autoptr(GPtrArray) ended =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_trial_run_free);
	g_autoptr(GSource) cancelled = cancel ? g_cancellable_source_new(cancel) : NULL;
	Pool pool = {.setups = setups,
		     .n = n,
		     .jobs = MAX(1u, jobs),
		     .stop_at_failure = stop_at_failure,
		     .trials = trials,
		     .ended = ended};

	if (cancelled) {
		g_source_set_callback(cancelled, (GSourceFunc)(void (*)(void))on_cancel, &pool,
				      NULL);
		g_source_attach(cancelled, NULL);
	}
	while (pool.running || (!pool.stopping && pool.next < n)) {
		while (!pool.stopping && pool.next < n && pool.running < pool.jobs)
			start_next(&pool);
		if (pool.running)
			g_main_context_iteration(NULL, TRUE);
		g_ptr_array_set_size(ended, 0);
	}
	if (cancelled)
		g_source_destroy(cancelled);
	if (pool.error) {
		g_propagate_error(error, pool.error);
		return false;
	}
	return !g_cancellable_set_error_if_cancelled(cancel, error);
}
