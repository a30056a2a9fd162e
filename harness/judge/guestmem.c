// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four levels of x86-64 page tables, from init_top_pgt down.
 */
#include "judge/guestmem.h"

#include <string.h>

#define TEXT_BASE 0xffffffff80000000ull /* __START_KERNEL_map */
#define FRAME	  0x000ffffffffff000ull
#define PRESENT	  1u
#define HUGE_PAGE 0x80u

static bool translate(const FlGuestmem *memory, uint64_t address, uint64_t *ret_physical,
		      uint64_t *ret_left)
{
	uint64_t table = memory->top;

	for (int shift = 39; shift >= 12; shift -= 9) {
		uint64_t entry, size = 1ull << shift;

		if (!memory->read(table + (address >> shift & 511) * 8, &entry, 8, memory->data) ||
		    !(entry & PRESENT))
			return false;
		table = entry & FRAME;
		if (shift > 12 && !(shift < 39 && entry & HUGE_PAGE))
			continue;
		*ret_physical = (table & ~(size - 1)) + (address & (size - 1));
		*ret_left = size - (address & (size - 1));
		return true;
	}
	return false;
}

bool fl_guestmem_read(const FlGuestmem *memory, uint64_t address, void *bytes, size_t len)
{
	char *to = bytes;

	while (len) {
		uint64_t physical, left;
		size_t n;

		if (!translate(memory, address, &physical, &left))
			return false;
		n = (size_t)MIN((uint64_t)len, left);
		if (!memory->read(physical, to, n, memory->data))
			return false;
		to += n;
		address += n;
		len -= n;
	}
	return true;
}

bool fl_guestmem_init(FlGuestmem *memory, const FlKimage *image, FlPhysicalFn read, gpointer data)
{
	uint64_t top, init_task, physical, left;

	if (!fl_kimage_symbol(image, "init_top_pgt", &top) ||
	    !fl_kimage_symbol(image, "init_task", &init_task) || top < TEXT_BASE)
		return false;
	*memory = (FlGuestmem){.read = read, .data = data, .top = top - TEXT_BASE};
	/* nokaslr: the text lies where it was linked, and its page tables say so. */
	return translate(memory, init_task, &physical, &left) && physical == init_task - TEXT_BASE;
}

uint64_t fl_guestmem_u64(const FlGuestmem *memory, uint64_t address)
{
	uint64_t value;

	return fl_guestmem_read(memory, address, &value, sizeof(value)) ? value : 0;
}

uint32_t fl_guestmem_u32(const FlGuestmem *memory, uint64_t address)
{
	uint32_t value;

	return fl_guestmem_read(memory, address, &value, sizeof(value)) ? value : 0;
}

char *fl_guestmem_text(const FlGuestmem *memory, uint64_t address, size_t max)
{
	char *text = g_malloc0(max + 1);

	if (!fl_guestmem_read(memory, address, text, max))
		*text = '\0';
	for (char *c = text; *c; c++)
		if (!g_ascii_isgraph(*c))
			*c = *c == ' ' ? '_' : '?';
	return text;
}

bool fl_guestmem_is_kernel(uint64_t address)
{
	return address >= 0xffff800000000000ull && address < 0xfffffffffffff000ull;
}
