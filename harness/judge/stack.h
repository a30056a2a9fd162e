/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a report's text: stack frames, the lock that is named, what makes it the same
 * report as another.
 */
#pragma once

#include "judge/rules.h"

#include <stdbool.h>

/*
 * A stack line "  func+0x1b/0x2a0 [mod]" to "func+0x1b/0x2a0 [mod]", one that decode_stacktrace.sh
 * has rewritten, "func (mm/memory.c:6042 mm/memory.c:6195) mod", to "func mm/memory.c:6042
 * mm/memory.c:6195 [mod]"; NULL for any other line, and for the unreliable ones that begin with "? ".
 */
char *fl_stack_frame(const char *text);

/* The function that a header says it is about: "BUG: KASAN: double-free in func+0x1b/0x2a0", or NULL. */
char *fl_stack_frame_in(const char *text);

/* Where the CPU was: "RIP: 0010:func+0x1b/0x2a0", on arm64 "pc : func+0x1b/0x2a0", ...; else NULL. */
char *fl_stack_rip(const char *text);

/* A frame, reliable or not, or a mark as <IRQ>. */
bool fl_stack_is_inside(const char *text);

/* Whether two frames are one place; where the offset is lost, the function has to do. */
bool fl_stack_is_same(const char *frame, const char *other);

/* A line of registers, which may stand inside a stack where an interrupt came in. */
bool fl_stack_is_registers(const char *text);

/* The bare symbol of a frame: "func.isra.0+0x1b/0x2a0" gives "func". */
char *fl_stack_symbol(const char *frame);

/* The same as its programmer wrote it, see fl_demangle(). */
char *fl_stack_function(const char *frame);

/* The first frame that is not reporting machinery, from *from on, which it moves behind it. */
char *fl_stack_guilty(const FlRules *rules, const char *kind, char **frames, unsigned *from);

/* The lock that a line of a lockdep report names, or NULL. */
char *fl_stack_lock(const char *text);

/* kind, title without numbers, the three top guilty functions */
char *fl_stack_signature(const FlRules *rules, const FlSplat *splat);
