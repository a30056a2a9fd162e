/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A comparison with real guests: A and B in turns, so that a host which grows slower does so to both.
 */
#pragma once

#include "flow/request.h"
#include "judge/compare.h"

typedef enum { FL_COMPARE_A, FL_COMPARE_B, FL_COMPARE_SIDES } FlCompareSide;

/* All borrowed. */
typedef struct {
	const FlSite *site;
	/* One kernel and one number of vCPUs each; the same tests and seed; repeat: pairs at most. */
	const FlRunRequest *sides[FL_COMPARE_SIDES];
	double confidence;
	/* Told after each pair; may be NULL. */
	void (*told)(const FlCompare *compare, const GPtrArray *rows, gpointer data);
	gpointer data;
} FlCompareGuest;

/* The pairs that were run: their records and evidence folders, A before B of each. */
typedef struct {
	GPtrArray *records;  /* of FlRunRecord */
	GPtrArray *evidence; /* of char * */
	FlCompare *compare;
	bool is_clear; /* it ended before the last pair because more would not say more */
} FlComparison;

void fl_compare_guest_clear(FlComparison *comparison);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FlComparison, fl_compare_guest_clear)

/* Builds both kernels before the first boot. ret_comparison is filled also where this fails. */
bool fl_compare_guest(const FlCompareGuest *guest, FlComparison *ret_comparison,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;
