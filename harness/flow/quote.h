/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The source lines of the frames in a verdict, out of the cache. What is not known there is left
 * out: the frames name file and line anyway.
 */
#pragma once

#include "judge/record.h"

/* Fills in `source` of every report of a guest whose frames have been turned into source lines. */
void fl_quote(const FlGuestRecord *guest, const char *cache_dir);
