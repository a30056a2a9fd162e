/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The books of the guest before and after a test: memory, page tables, mapped pages, promised
 * memory, open files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum balance_item {
	BALANCE_MEM_FREE,
	BALANCE_PAGE_TABLES,
	BALANCE_MAPPED,
	BALANCE_PAGE_TABLE_PAGES,
	BALANCE_SHMEM,
	BALANCE_PROMISED,
	BALANCE_FILES,
	BALANCE_ITEMS
};

struct balance {
	long long value[BALANCE_ITEMS];
};

/* Drops clean caches, folds the per-CPU counters, and reads the books. */
void balance_read(struct balance *books);

/* True when all is back near the base; otherwise reason names the first that is not. */
bool balance_holds(const struct balance *base, const struct balance *now, char *reason,
		   size_t size);
