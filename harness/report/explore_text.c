// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exploration in words. Says what the figures mean, so that nobody takes a thousand seeds for
 * a proof.
 */
#include "report/explore_text.h"

#include "base/json.h"
#include "plan/yields.h"
#include "report/text.h"

#include <glib.h>

char *fl_explore_text_live(const FlExploreText *explored, uint64_t wanted)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%u ", explored->done);
	if (wanted)
		g_string_append_printf(out, "of %" G_GUINT64_FORMAT " ", wanted);
	g_string_append_printf(out, "seeds, %.1f a minute, %u distinct, ", explored->per_minute,
			       explored->distinct);
	g_string_append_printf(out, "%u failed", explored->n_failures);
	return g_string_free(out, FALSE);
}

static void append_line(GString *out, const char *label, const char *text)
{
	if (text)
		g_string_append_printf(out, "  %-9s %s\n", label, text);
}

static void append_failure(GString *out, const FlExploreFailure *failure)
{
	g_autofree char *reason = fl_text_plain(failure->reason);

	g_string_append_printf(out, "%s: seed %" G_GUINT64_FORMAT ": %s\n", failure->verdict,
			       failure->seed, reason);
	append_line(out, "replay:", failure->replay);
	append_line(out, "again:", failure->again);
	append_line(out, "smallest:", failure->smallest);
	append_line(out, "verified:", failure->verified);
}

static void append_verdict(GString *out, const FlExploreText *explored)
{
	if (explored->n_failures)
		g_string_append_printf(out, "FAIL: %u of %u seeds failed\n", explored->n_failures,
				       explored->done);
	else if (explored->done)
		g_string_append_printf(out, "PASS: none of %u seeds failed\n", explored->done);
	else
		g_string_append(out, "BROKEN: no seed could be told\n");
}

static double bound_of(const FlExploreText *explored)
{
	return fl_yields_bound(explored->cpus, explored->hits, explored->depth);
}

static double chance_of(const FlExploreText *explored)
{
	return fl_yields_chance(bound_of(explored), explored->schedules);
}

static void append_strategy(GString *out, const FlExploreText *explored)
{
	if (!explored->depth) {
		g_string_append(out,
				"strategy: none. The seed drives the programs' choices, and the "
				"interleaving through them; it does\nnot drive the scheduler. "
				"No bound on what was missed follows from the number of "
				"seeds.\n");
		return;
	}
	g_string_append_printf(out,
			       "strategy: points, depth %u, k = %u: at %u places a vCPU may give "
			       "way, and does at %u of each %u hits.\n%" G_GUINT64_FORMAT
			       " such schedules were run, with %" G_GUINT64_FORMAT " yields.\n",
			       explored->depth, explored->hits, explored->yield_points,
			       explored->depth, explored->hits, explored->schedules,
			       explored->yields_taken);
	g_string_append_printf(out,
			       "bound: by PCT a schedule shows a bug of depth %u with probability "
			       "1/(%u*%u^%u) = %.2g or more, all of\nthem %.2g: one whose steps "
			       "lie within a schedule, at these places, and if each yield was long "
			       "enough.\n",
			       explored->depth, explored->cpus, explored->hits, explored->depth - 1,
			       bound_of(explored), chance_of(explored));
}

static json_t *strategy_json(const FlExploreText *explored)
{
	if (!explored->depth)
		return json_pack("{s:s}", "name", "none");
	return json_pack("{s:s, s:i, s:i, s:i, s:I, s:I, s:f, s:f}", "name", "points", "depth",
			 (int)explored->depth, "hits", (int)explored->hits, "places",
			 (int)explored->yield_points, "schedules", (json_int_t)explored->schedules,
			 "yields", (json_int_t)explored->yields_taken, "bound", bound_of(explored),
			 "chance", chance_of(explored));
}

char *fl_explore_text(const FlExploreText *explored)
{
	GString *out = g_string_new(NULL);

	for (unsigned i = 0; i < explored->n_failures; i++)
		append_failure(out, &explored->failures[i]);
	g_string_append_printf(out, "covered: %u seeds of %s on %u vCPUs, ", explored->done,
			       explored->kernel, explored->cpus);
	g_string_append_printf(out, "%u distinct outcomes by console, results and figures",
			       explored->distinct);
	if (explored->untold)
		g_string_append_printf(out, ", %u more seeds told nothing", explored->untold);
	if (explored->per_minute > 0)
		g_string_append_printf(out, "; %.1f seeds a minute", explored->per_minute);
	g_string_append_c(out, '\n');
	append_strategy(out, explored);
	append_verdict(out, explored);
	g_string_append_printf(out, "journal: %s\n", explored->journal);
	return g_string_free(out, FALSE);
}

static json_t *failure_json(const FlExploreFailure *failure)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "seed",
			 (json_int_t)failure->seed, "verdict",
			 fl_json_string_or_null(failure->verdict), "reason",
			 fl_json_string_or_null(failure->reason), "evidence",
			 fl_json_string_or_null(failure->evidence), "replay",
			 fl_json_string_or_null(failure->replay), "again",
			 fl_json_string_or_null(failure->again), "smallest",
			 fl_json_string_or_null(failure->smallest), "verified",
			 fl_json_string_or_null(failure->verified));
}

json_t *fl_explore_text_json(const FlExploreText *explored)
{
	json_t *failures = json_array();

	for (unsigned i = 0; i < explored->n_failures; i++)
		json_array_append_new(failures, failure_json(&explored->failures[i]));
	return json_pack("{s:i, s:o, s:i, s:i, s:i, s:i, s:f, s:o, s:o, s:o}", "schema", 1,
			 "kernel", fl_json_string_or_null(explored->kernel), "cpus",
			 (int)explored->cpus, "seeds", (int)explored->done, "distinct",
			 (int)explored->distinct, "untold", (int)explored->untold, "per_minute",
			 explored->per_minute, "strategy", strategy_json(explored), "failures",
			 failures, "journal", fl_json_string_or_null(explored->journal));
}
