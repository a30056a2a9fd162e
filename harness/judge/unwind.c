// SPDX-License-Identifier: GPL-2.0-only
/*
 * One step follows unwind_next_frame() of arch/x86/kernel/unwind_orc.c; the memory is the guest's.
 */
#include "judge/unwind.h"

enum { FRAMES_MAX = 100 };

/* Offsets in struct pt_regs. */
enum {
	REGS_R13 = 16,
	REGS_BP = 32,
	REGS_R10 = 56,
	REGS_DX = 96,
	REGS_DI = 112,
	REGS_IP = 128,
	REGS_CS = 136,
	REGS_SP = 152
};

typedef struct {
	const FlKimage *image;
	const FlGuestmem *memory;
	FlUnwind at;
	bool user; /* the frame before was entered from user space */
} Walk;

static bool load(const Walk *walk, uint64_t address, uint64_t *ret_value)
{
	return fl_guestmem_read(walk->memory, address, ret_value, sizeof(*ret_value));
}

/* The frame's base: false when it rests on a register that is not known. */
static bool previous_sp(const Walk *walk, const FlOrcEntry *entry, uint64_t *ret_sp)
{
	const FlUnwind *at = &walk->at;
	uint64_t offset = (uint64_t)(int64_t)entry->sp_offset;

	switch (entry->sp_reg) {
	case FL_ORC_SP:
		*ret_sp = at->sp + offset;
		return true;
	case FL_ORC_BP:
		*ret_sp = at->bp + offset;
		return true;
	case FL_ORC_SP_INDIRECT:
		if (!load(walk, at->sp, ret_sp))
			return false;
		*ret_sp += offset;
		return true;
	case FL_ORC_BP_INDIRECT:
		return load(walk, at->bp + offset, ret_sp);
	case FL_ORC_R10:
		*ret_sp = at->r10;
		return at->has_registers;
	case FL_ORC_R13:
		*ret_sp = at->r13;
		return at->has_registers;
	case FL_ORC_DI:
		*ret_sp = at->di;
		return at->has_registers;
	case FL_ORC_DX:
		*ret_sp = at->dx;
		return at->has_registers;
	default:
		return false;
	}
}

static bool previous_bp(Walk *walk, const FlOrcEntry *entry, uint64_t sp)
{
	uint64_t offset = (uint64_t)(int64_t)entry->bp_offset;

	switch (entry->bp_reg) {
	case FL_ORC_UNDEFINED:
		return true;
	case FL_ORC_PREV_SP:
		return load(walk, sp + offset, &walk->at.bp);
	case FL_ORC_BP:
		return load(walk, walk->at.bp + offset, &walk->at.bp);
	default:
		return false;
	}
}

/* struct pt_regs at regs: what an exception or interrupt had interrupted. */
static bool take_registers(Walk *walk, uint64_t regs, bool full)
{
	FlUnwind *at = &walk->at;
	uint64_t cs;

	if (!load(walk, regs + REGS_IP, &at->ip) || !load(walk, regs + REGS_SP, &at->sp) ||
	    !load(walk, regs + REGS_CS, &cs))
		return false;
	walk->user = cs & 3;
	at->has_registers = full && load(walk, regs + REGS_R10, &at->r10) &&
			    load(walk, regs + REGS_R13, &at->r13) &&
			    load(walk, regs + REGS_DI, &at->di) &&
			    load(walk, regs + REGS_DX, &at->dx);
	return !full || load(walk, regs + REGS_BP, &at->bp);
}

/* To the calling frame; false: this was the last one. */
static bool step(Walk *walk)
{
	static const FlOrcEntry frame_pointer = {.sp_offset = 16,
						 .bp_offset = -16,
						 .sp_reg = FL_ORC_BP,
						 .bp_reg = FL_ORC_PREV_SP,
						 .type = FL_ORC_TYPE_CALL};
	FlOrcEntry entry;
	uint64_t sp, before = walk->at.sp;
	bool ok;

	if (!fl_orc_find(fl_kimage_orc(walk->image), walk->at.ip - (walk->at.exact ? 0 : 1),
			 &entry))
		entry = frame_pointer;
	if (entry.type == FL_ORC_TYPE_UNDEFINED || entry.type == FL_ORC_TYPE_END ||
	    !previous_sp(walk, &entry, &sp))
		return false;
	walk->at.exact = entry.signal;
	if (entry.type == FL_ORC_TYPE_CALL) {
		walk->at.sp = sp;
		walk->at.has_registers = false;
		ok = load(walk, sp - 8, &walk->at.ip) && previous_bp(walk, &entry, sp) &&
		     sp > before;
	} else if (entry.type == FL_ORC_TYPE_REGS) {
		ok = take_registers(walk, sp, true);
	} else {
		ok = take_registers(walk, sp - REGS_IP, false) && previous_bp(walk, &entry, sp);
	}
	return ok && !walk->user && fl_guestmem_is_kernel(walk->at.ip);
}

char **fl_unwind(const FlKimage *image, const FlGuestmem *memory, FlUnwind at)
{
	Walk walk = {.image = image, .memory = memory, .at = at};
	GPtrArray *frames = g_ptr_array_new();

	do {
		char *frame = fl_kimage_frame(image, walk.at.ip);

		/* A module's text, or no text at all: a number tells at least that. */
		g_ptr_array_add(frames,
				frame ? frame
				      : g_strdup_printf("0x%llx", (unsigned long long)walk.at.ip));
	} while (frames->len < FRAMES_MAX && step(&walk));
	g_ptr_array_add(frames, NULL);
	return (char **)g_ptr_array_free(frames, FALSE);
}
