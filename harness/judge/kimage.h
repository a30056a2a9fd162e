/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's files as an autopsy needs them: symbols and unwind tables of vmlinux, and the field
 * offsets that the module fl_offsets carries.
 */
#pragma once

#include "judge/orc.h"

#include <glib.h>

typedef struct FlKimage FlKimage;

/* modules: folder of .ko files, or NULL: then no field is known. */
FlKimage *fl_kimage_open(const char *vmlinux, const char *modules,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fl_kimage_close(FlKimage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlKimage, fl_kimage_close)

/* The address of a symbol; false: there is none. */
bool fl_kimage_symbol(const FlKimage *image, const char *name, uint64_t *ret_address);

/* "func+0x1b/0x2a0" of an address in the kernel's text, NULL of any other; caller frees. */
char *fl_kimage_frame(const FlKimage *image, uint64_t address);

/* The variable that an address lies in, NULL: none; caller frees. */
char *fl_kimage_variable(const FlKimage *image, uint64_t address);

/* "task_struct.comm" and the like; false: not known of this kernel. */
bool fl_kimage_offset(const FlKimage *image, const char *field, uint64_t *ret_offset);

/* Whether any field is known. */
bool fl_kimage_has_offsets(const FlKimage *image);

const FlOrc *fl_kimage_orc(const FlKimage *image);
