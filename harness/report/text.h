/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record for people. One line a test, then the splats, then one sentence that says what
 * happened, and where to look next.
 */
#pragma once

#include "judge/record.h"

#include <stdbool.h>

/* For the terminal: whatever is not printable shows as '?'. NULL reads as "". Caller frees. */
char *fl_text_plain(const char *text);

/* "  ok    shared-write-tmpfs        1.2 s  vma_lock_success 4096, vma_lock_retry 3"; caller frees. */
char *fl_text_test(const FlTestResult *test, bool color);

/* A guest without its tests: its verdict, counts, splats and hang; or that it was not run. */
char *fl_text_guest(const FlGuestRecord *guest, bool color);

/* The last words: the verdict and the reason, the evidence, the command that repeats it. */
char *fl_text_conclusion(const FlRunRecord *record, const char *evidence, bool color);
