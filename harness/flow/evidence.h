/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records to and from the evidence folder.
 */
#pragma once

#include "judge/record.h"
#include "store/rundir.h"

/* guest.json: everything of a guest but its verdict. */
bool fl_evidence_save_guest(const FlGuestRecord *guest, const char *dir,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The reverse; the verdict is NULL. dir is a guest's folder. */
FlGuestRecord *fl_evidence_load_guest(const char *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The folders of a run's guests, of char *, in the order of their names; of a guest's own folder
 * itself. NULL with an error when the path is neither.
 */
GPtrArray *fl_evidence_guests(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One folder for each test of a judged guest. */
bool fl_evidence_save_tests(const FlGuestRecord *guest, const char *dir,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* result.json, and the links to the guest that decided. */
bool fl_evidence_save_run(const FlRunRecord *record, const FlRundir *rundir,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;
