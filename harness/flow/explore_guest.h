/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An exploration with real guests: batches of seeds through the main job, and for a failure the
 * smallest guest that shows it too.
 */
#pragma once

#include "flow/explore.h"
#include "flow/request.h"
#include "flow/smallest.h"

/* All borrowed. */
typedef struct {
	const FlSite *site;
	/* How each guest is run: one kernel, one number of vCPUs. out and stamp are the user's. */
	const FlRunRequest *request;
	bool keep_going;
	/* Time that is left, G_MAXDOUBLE where there is no end; the clock is the caller's. */
	double (*left_s)(gpointer data);
	/* Told after each seed; may be NULL. */
	void (*told)(const FlExplore *explore, const FlExploreSeed *seed, gpointer data);
	/* The command line that runs one of them; the caller frees. */
	char *(*command)(const FlSmallest *how, gpointer data);
	gpointer data;
} FlExploreGuest;

/* A prepared exploration: its folder is `<out>/explore/<key>`. */
typedef struct FlExploration FlExploration;

/* Builds what is needed, and takes up the journal of the same question. */
FlExploration *fl_explore_guest_new(const FlExploreGuest *guest, uint64_t first, uint64_t last,
				    GError **error) G_GNUC_WARN_UNUSED_RESULT;
const char *fl_explore_guest_journal(const FlExploration *exploration);
const FlExplore *fl_explore_guest_known(const FlExploration *exploration);

/* Runs seeds until the first failure, the last seed or the end of the time. */
bool fl_explore_guest_run(FlExploration *exploration, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void fl_explore_guest_free(FlExploration *exploration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlExploration, fl_explore_guest_free)
