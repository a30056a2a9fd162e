/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store that everything is about: each page of a fresh mapping written once, by one thread
 * or by many, measured, and compared with what must be there.
 */
#pragma once

#include "ft_lockstat.h"
#include "ft_map.h"

#include <stdint.h>

struct ft_touch {
	uint64_t seed;		 /* of the words stored, and of their places in their pages */
	uint64_t ns;		 /* from the first store to the last */
	uint64_t longest_ns;	 /* the longest single store */
	struct ft_lockstat lock; /* what the kernel counted meanwhile */
};

/* Stores one word in each page, the pages dealt out to the threads in turn. */
struct ft_touch ft_touch_pages(const struct ft_map *map, unsigned threads, uint64_t seed);

/* The page as it must be after the store, all of it. */
void ft_touch_expected(uint64_t seed, size_t page, void *buffer);

/* Compares every page, by pread where the kind allows it, else through the mapping. */
void ft_touch_verify(const struct ft_map *map, uint64_t seed);

/* The metrics faults, faults_per_second, vma_lock_success, vma_lock_retry, longest_fault_us. */
void ft_touch_report(const struct ft_map *map, const struct ft_touch *touch);
