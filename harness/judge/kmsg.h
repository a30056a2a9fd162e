/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of /dev/kmsg as the wire brings them (Documentation/ABI/testing/dev-kmsg):
 *     6,341,5140900,-,caller=T1;text
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	unsigned level;	   /* 0 emergency .. 7 debug */
	unsigned facility; /* 0: the kernel; user space cannot write that one */
	uint64_t seq;
	uint64_t stamp_us;
	uint32_t caller; /* as in FlLine */
	char *text;	 /* escapes undone; may hold newlines */
} FlKmsg;

/* False when it has not this form; then nothing is to be freed. */
bool fl_kmsg_parse(const char *record, FlKmsg *ret_kmsg);
