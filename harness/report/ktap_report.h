/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record as KTAP version 1 (Documentation/dev-tools/ktap.rst): one subtest a guest, its tests
 * and their cases nested, and a last test "kernel" for what the kernel itself did.
 */
#pragma once

#include "judge/record.h"

/* The whole document; the caller frees. */
char *fl_ktap_report(const FlRunRecord *record);
