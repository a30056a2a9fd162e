/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record as result.json. The form is fixed by configs/result.schema.json; fields are added,
 * never changed, as long as FL_RESULT_SCHEMA stays.
 */
#pragma once

#include "judge/record.h"

#include <jansson.h>

#define FL_RESULT_SCHEMA 1

/* The whole run; the caller owns it. */
json_t *fl_result_run(const FlRunRecord *record);

/* One test, as it stands in its own folder of the evidence. */
json_t *fl_result_test(const FlTestResult *test);
