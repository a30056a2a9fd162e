/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a trace: what the plugin inside QEMU writes and the harness reads. The only file
 * that the two share. Numbers are in the byte order of the host, as QEMU's own.
 *
 *     trace.bin          FlTraceHead, then an FlTraceRecord after each FL_TRACE_INTERVAL blocks, one
 *                        more for what is left at the end, then FL_TRACE_END; a guest that was
 *                        killed leaves a file without the last two
 *     trace-blocks.bin   the words of the blocks of one interval
 *     trace-events.bin   an FlTraceEvent each time an instruction that is watched ran
 *     trace-watch        the addresses of those instructions, in hex, one a line
 *
 * A word is one executed block: which vCPU, where, how many instructions. The hash is over the
 * words from the first one on, so it stands for the vCPU, the place and the number of instructions
 * executed before of every block.
 */
#pragma once

#include <stdint.h>

#define FL_TRACE_MAGIC	  UINT64_C(0x3145434152544c46) /* "FLTRACE1" */
#define FL_TRACE_END	  UINT64_C(0x31444e4552544c46) /* "FLTREND1" */
#define FL_TRACE_INTERVAL 16384u

/* No more are kept: 16 MiB. */
#define FL_TRACE_EVENTS_MAX (UINT64_C(1) << 20)

typedef struct {
	uint64_t magic;
	uint64_t interval;
} FlTraceHead;

/* What was executed up to here. */
typedef struct {
	uint64_t blocks, instructions, hash;
} FlTraceRecord;

typedef struct {
	uint64_t word;	       /* of the instruction, with a count of 0 */
	uint64_t instructions; /* executed up to the end of its block */
} FlTraceEvent;

/*
 * x86-64 addresses have 48 significant bits, a block of QEMU's at most 512 instructions, and the
 * harness gives a guest at most 8 vCPUs.
 */
#define FL_TRACE_COUNT_BITS 10
#define FL_TRACE_VCPU_BITS  6
#define FL_TRACE_PC_SHIFT   (FL_TRACE_COUNT_BITS + FL_TRACE_VCPU_BITS)

static inline uint64_t fl_format_word(uint64_t pc, unsigned vcpu, unsigned count)
{
	return pc << FL_TRACE_PC_SHIFT | (uint64_t)vcpu << FL_TRACE_COUNT_BITS | count;
}

static inline uint64_t fl_format_pc(uint64_t word)
{
	return (uint64_t)((int64_t)word >> FL_TRACE_PC_SHIFT);
}

static inline unsigned fl_format_vcpu(uint64_t word)
{
	return (unsigned)(word >> FL_TRACE_COUNT_BITS) & ((1u << FL_TRACE_VCPU_BITS) - 1);
}

static inline unsigned fl_format_count(uint64_t word)
{
	return (unsigned)word & ((1u << FL_TRACE_COUNT_BITS) - 1);
}

/* One word more in what is hashed: two that differ stay different, whatever follows both. */
static inline uint64_t fl_format_fold(uint64_t hash, uint64_t word)
{
	return ((hash << 5 | hash >> 59) ^ word) * UINT64_C(0x9e3779b97f4a7c15);
}
