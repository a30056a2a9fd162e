/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of a VMA: what must wait for a fault that holds the VMA's lock, and for none that does
 * not.
 */
#pragma once

#include "ft_map.h"

#include <stdbool.h>
#include <stddef.h>

struct ft_change {
	const char *name;
	bool (*run)(struct ft_map *map); /* whether the call succeeded */
};

/* mprotect, munmap, mremap, a mapping over it, and fork; mremap needs the room. */
#define FT_CHANGES 5
extern const struct ft_change ft_changes[FT_CHANGES];

/*
 * Where a mapping of so many bytes (MAP_FIXED) stands apart from all others, with free addresses
 * behind it for the one that moves.
 */
char *ft_change_room(size_t bytes);
/* Takes all of that away, wherever in it the mapping is now. */
void ft_change_leave(char *addr, size_t bytes);
