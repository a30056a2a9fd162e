/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames to source lines, from the vmlinux and the modules of the very kernel that ran. The only
 * libdw caller.
 */
#pragma once

#include "judge/verdict.h"

typedef struct FlSymbolize FlSymbolize;

/* modules: the folder of the kernel's .ko files, or NULL. The error names the vmlinux. */
FlSymbolize *fl_symbolize_open(const char *vmlinux, const char *modules,
			       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_symbolize_close(FlSymbolize *symbols);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlSymbolize, fl_symbolize_close)

/*
 * Rewrites frames from "func+0x1b/0x2a0" to "func mm/memory.c:5381" where the debug information
 * knows it; leaves the others as they are. Functions that were inlined there become frames of
 * their own before it, "helper mm/memory.c:3278 (inline)". has_rip: the first one is where the
 * CPU was, and no return address.
 */
void fl_symbolize_frames(FlSymbolize *symbols, char ***frames, bool has_rip);

/*
 * The place in a frame that was rewritten so: "helper mm/memory.c:3278 (inline)" is line 3278 of
 * mm/memory.c. False for any other frame; else the caller frees *ret_file.
 */
bool fl_symbolize_place(const char *frame, char **ret_file, unsigned *ret_line);

/* Says of a line, files relative to the tree, whether it is one of those that are looked for. */
typedef bool (*FlSymbolizeLineFn)(const char *file, unsigned line, gpointer data);

/*
 * Where the code of some lines begins: the address of each instruction that starts one, of uint64_t
 * and in order; the caller unrefs.
 */
GArray *fl_symbolize_addresses(FlSymbolize *symbols, FlSymbolizeLineFn wanted, gpointer data);

/* The same as "do_shared_fault+0x1b", without functions whose name is not theirs alone; the caller frees. */
char **fl_symbolize_code(FlSymbolize *symbols, FlSymbolizeLineFn wanted, gpointer data);

/* fl_symbolize_frames for every splat. A vmlinux that cannot be read is an error and changes nothing. */
bool fl_symbolize(FlVerdict *verdict, const char *vmlinux, const char *modules,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;
