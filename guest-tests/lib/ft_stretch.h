/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes the windows of races longer (modules/fl_stretch.c): CPUs are held up between two steps of
 * the kernel that must not come apart, at places and times drawn from the seed. Never fails: where
 * the kernel has no probes, or none of these functions, the race is run as it is.
 */
#pragma once

#include <stddef.h>

enum ft_stretch_topic {
	FT_STRETCH_VMA,	  /* a VMA is found, used and changed */
	FT_STRETCH_CACHE, /* a page is found in the page cache, mapped and taken out of it */
	FT_STRETCH_ENTRY, /* a page table entry is read, copied, protected, and set again */
	FT_STRETCH_TABLE  /* a page table is made and put into the one above */
};

/* Once, before the first case; and after the last one, which tells the metric "holdups". */
void ft_stretch_open(enum ft_stretch_topic topic);
void ft_stretch_close(void);

/*
 * Takes the pages out of the page tables, just before something is changed: pages that are mapped
 * have no faults, and so no races. Shared mappings only; where nothing is mapped it is no error.
 */
void ft_stretch_zap(char *addr, size_t bytes);

/* From now on CPUs are held up elsewhere, and for other times; mostly at one or two places. */
void ft_stretch_turn(void);
