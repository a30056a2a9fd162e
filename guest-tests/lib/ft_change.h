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

/* Of all of the mapping. mremap and growing need the room. */
#define FT_CHANGES 8
extern const struct ft_change ft_changes[FT_CHANGES];

/*
 * Maps the file of map (its fd and bytes) where it stands apart from all other mappings, with free
 * addresses behind it for the one that moves: its address, a multiple of its size, and twice that.
 */
void ft_change_map(struct ft_map *map, int flags);
/* Takes all of that away, wherever in it the mapping is now. */
void ft_change_leave(struct ft_map *map);
