/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's virtual memory in a guest that stands still, by its own page tables: it does not
 * matter what the vCPUs run.
 */
#pragma once

#include "judge/kimage.h"

/* Reads RAM; false: there is none. */
typedef bool (*FlPhysicalFn)(uint64_t physical, void *bytes, size_t len, gpointer data);

typedef struct {
	FlPhysicalFn read;
	gpointer data;
	uint64_t top; /* physical address of init_top_pgt */
} FlGuestmem;

/* false: this kernel does not lie where its vmlinux says, so that nothing can be read. */
bool fl_guestmem_init(FlGuestmem *memory, const FlKimage *image, FlPhysicalFn read, gpointer data);

bool fl_guestmem_read(const FlGuestmem *memory, uint64_t address, void *bytes, size_t len);

/* 0 when it cannot be read: what no pointer and no count that matters here ever is. */
uint64_t fl_guestmem_u64(const FlGuestmem *memory, uint64_t address);
uint32_t fl_guestmem_u32(const FlGuestmem *memory, uint64_t address);

/* Up to max bytes of text, made printable; never NULL; caller frees. */
char *fl_guestmem_text(const FlGuestmem *memory, uint64_t address, size_t max);

/* Whether it looks like an address of the kernel. */
bool fl_guestmem_is_kernel(uint64_t address);
