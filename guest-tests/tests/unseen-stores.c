// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a store which came without a fault is not forgotten when its page leaves the page
 * tables: all pages of a shared mapping are loaded first, which maps them writable and clean, and
 * stored to then, so that the entry's dirty bit alone tells of the store. The mapping goes away by
 * munmap, of a part first or at once, MADV_DONTNEED, another mapping over it, or the end of the
 * process, or before that it moves elsewhere, its pages move to other memory, or grow cold (MADV_COLD),
 * or it stays and its pages go by reclaim; after that the pages are reclaimed (MADV_PAGEOUT, with
 * swap) and read back. All of it also with one entry for a large folio.
 *
 * A kernel that drops the dirty bit with the entry takes the page for an empty one, and reclaim
 * throws it away: it comes back as zeros.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_procfs.h"
#include "table.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES	   64
#define HUGE_PAGES 512 /* of the folio that one entry of the upper table maps */
#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"
#define SWAP_DISK  "swap"
#define MARK	   0x5e0d0000u

struct way {
	const char *name;
	void (*leave)(struct ft_map *map); /* NULL: with the process that stored */
};

struct shape {
	enum ft_kind kind;
	size_t pages;
	const struct way *way;
};

static volatile uint32_t *word_of(const struct ft_map *map, size_t page)
{
	return (void *)(map->addr + page * FT_PAGE + page % 64 * sizeof(uint32_t));
}

static size_t pages_of(const struct ft_map *map)
{
	return map->bytes / FT_PAGE;
}

static void load_all(const struct ft_map *map)
{
	for (size_t page = 0; page < pages_of(map); page++)
		(void)*word_of(map, page);
}

static void load_and_store(void *arg)
{
	const struct ft_map *map = arg;

	load_all(map);
	for (size_t page = 0; page < pages_of(map); page++)
		*word_of(map, page) = MARK + (uint32_t)page;
}

static void zap(struct ft_map *map)
{
	if (madvise(map->addr, map->bytes, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
}

/* An entry for all of a large folio becomes many, or none. */
static void unmap_by_parts(struct ft_map *map)
{
	if (munmap(map->addr, FT_PAGE) < 0 || munmap(map->addr + FT_PAGE, map->bytes - FT_PAGE) < 0)
		ft_fail_errno("munmap");
}

/* Compaction moves what is at the beginning of the memory to its end. */
static void move_pages_and_unmap(struct ft_map *map)
{
	ft_procfs_write("/proc/sys/vm/compact_memory", "1");
	ft_map_unmap(map);
}

static void cool_and_unmap(struct ft_map *map)
{
	if (madvise(map->addr, map->bytes, MADV_COLD) < 0)
		ft_fail_errno("MADV_COLD");
	ft_map_unmap(map);
}

static void move_and_unmap(struct ft_map *map)
{
	ft_map_move(map);
	ft_map_unmap(map);
}

static void cover(struct ft_map *map)
{
	if (mmap(map->addr, map->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != map->addr)
		ft_fail_errno("mmap");
}

/* Of pages that another mapping has, too, none goes. */
static void page_out(struct ft_map *map)
{
	if (madvise(map->addr, map->bytes, MADV_PAGEOUT) < 0)
		ft_fail_errno("MADV_PAGEOUT");
}

static void expect_stored(const struct ft_map *view, const char *way)
{
	for (size_t page = 0; page < pages_of(view); page++) {
		uint32_t found = *word_of(view, page);

		if (found != MARK + (uint32_t)page)
			ft_fail("page %zu is %#x after reclaim (%s), and %#x was stored there",
				page, found, way, MARK + (uint32_t)page);
	}
}

static void store_and_leave(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_new(shape->kind, shape->pages);
	struct ft_map view = ft_map_view(&map);

	if (shape->way->leave) {
		load_and_store(&map);
		shape->way->leave(&map);
	} else {
		ft_bounded_child(load_and_store, &map, "a process that stores and ends");
	}
	load_all(&view);
	page_out(&view);
	expect_stored(&view, shape->way->name);
	ft_metric_add("stores", shape->pages);
}

static const struct way ways[] = {{"munmap", ft_map_unmap},
				  {"munmap-parts", unmap_by_parts},
				  {"migration", move_pages_and_unmap},
				  {"mremap", move_and_unmap},
				  {"cold", cool_and_unmap},
				  {"dontneed", zap},
				  {"replace", cover},
				  {"reclaim", page_out},
				  {"exit", NULL}};
#define WAYS (sizeof(ways) / sizeof(*ways))

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_ANON};
	const size_t n_kinds = sizeof(kinds) / sizeof(*kinds);

	(void)test;
	ft_disk_swap_on(SWAP_DISK);
	ft_plan((unsigned)((n_kinds + 1) * WAYS));
	for (size_t i = 0; i < n_kinds * WAYS; i++) {
		struct shape shape = {
			.kind = kinds[i / WAYS], .pages = PAGES, .way = &ways[i % WAYS]};

		ft_case(store_and_leave, &shape, "%s-%s", ft_kind_name(shape.kind),
			shape.way->name);
	}
	ft_procfs_write(SHMEM_HUGE, "always");
	for (size_t way = 0; way < WAYS; way++) {
		struct shape shape = {.kind = FT_ANON, .pages = HUGE_PAGES, .way = &ways[way]};

		ft_case(store_and_leave, &shape, "huge-%s", shape.way->name);
	}
	ft_procfs_write(SHMEM_HUGE, "never");
	ft_disk_swap_off(SWAP_DISK);
}

const struct ft_test unseen_stores = {
	.name = "unseen-stores",
	.summary = "a store that came without a fault survives the end of its mapping",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "swap",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_SWAP CONFIG_COMPACTION "
		  "CONFIG_TRANSPARENT_HUGEPAGE CONFIG_VIRTIO_BLK",
	.run = run,
};
