/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's ORC tables (arch/x86/include/asm/orc_types.h): how to get from a place in the text
 * to the frame that called it. Pure: bytes in, an entry out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_ORC_ENTRY_SIZE 6u

enum {
	FL_ORC_UNDEFINED = 0,
	FL_ORC_PREV_SP = 1,
	FL_ORC_DX = 2,
	FL_ORC_DI = 3,
	FL_ORC_BP = 4,
	FL_ORC_SP = 5,
	FL_ORC_R10 = 6,
	FL_ORC_R13 = 7,
	FL_ORC_BP_INDIRECT = 8,
	FL_ORC_SP_INDIRECT = 9
};

typedef enum {
	FL_ORC_TYPE_UNDEFINED,
	FL_ORC_TYPE_END,
	FL_ORC_TYPE_CALL,
	FL_ORC_TYPE_REGS,
	FL_ORC_TYPE_REGS_PARTIAL
} FlOrcType;

typedef struct {
	int16_t sp_offset, bp_offset;
	uint8_t sp_reg, bp_reg, type; /* FL_ORC_*, FlOrcType */
	bool signal;
} FlOrcEntry;

/* The two sections, borrowed; n is 0 when there are none. */
typedef struct {
	const uint8_t *ips;	/* .orc_unwind_ip: int32_t relative to their own place, sorted */
	const uint8_t *entries; /* .orc_unwind */
	size_t n;
	uint64_t address; /* of .orc_unwind_ip */
} FlOrc;

/* The entry that holds at ip; false: none. */
bool fl_orc_find(const FlOrc *orc, uint64_t ip, FlOrcEntry *ret_entry);
