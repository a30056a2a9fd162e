/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prefix of a kernel's line in a log that is no console's: what syslog, the journal and dmesg
 * with readable times put in the place of printk's stamp. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Its length, 0 when there is none. *us: the time since the month began, to the second; on entry that
 * of the line before, from which `dmesg -H` counts.
 *
 *     [Thu Oct 30 06:21:23 2025] text
 *     [Oct30 06:21] text
 *     [  +0.000012] text
 *     4,812,9123456,-;text
 *     Oct 30 06:21:23 host kernel: text
 *     2025-10-30T06:21:23,123456+01:00 text
 *     2025-10-30T06:21:23.123456+01:00 host kernel: text
 */
size_t fl_dated_prefix(const char *text, size_t len, uint64_t *us);

/* The length of "host kernel: ", which the journal puts before a text, 0 when it is not there. */
size_t fl_dated_host(const char *text, size_t len);
