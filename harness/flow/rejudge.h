/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judging again, without a guest: an evidence folder or a bare serial log, with the code that
 * judged it live. Writes nothing.
 */
#pragma once

#include "flow/site.h"
#include "judge/explain.h"
#include "judge/record.h"

/**
 * @param path     a run's folder, one guest's folder, or a file with a console log
 * @param explain  takes the judge's notes, guest after guest; or NULL
 */
bool fl_rejudge(const FlSite *site, const char *path, FlExplain *explain, FlRunRecord **ret_record,
		GError **error) G_GNUC_WARN_UNUSED_RESULT;
