// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a load which brings in the pages around it, too, stays inside its mapping: a few pages
 * of a cached file are mapped in the middle of other memory, so that what the kernel maps at a time
 * reaches over their first or their last page, or over the end of a page table; then one is
 * loaded. The memory beside them, which nobody touched, must be zeros, and each page of the mapping
 * the one that the file has there: shared and private, on tmpfs, memfd, ext4 and xfs.
 *
 * A kernel that does not cut the range to the VMA puts pages of the file where they do not belong:
 * the neighbour shows them, or they are never taken away.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "table.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW	   16 /* pages that are mapped at a time: fault_around_bytes */
#define TABLE	   512
#define FILE_PAGES (3 * WINDOW)
#define FILE_FIRST WINDOW /* of the file, that is mapped */

/* In pages, from an address on where a page table begins. */
struct place {
	const char *name;
	size_t first, pages;
	size_t loaded;
};

static const struct place places[] = {
	{"inside", WINDOW + 5, 4, 2},
	{"first", WINDOW, 3, 0},
	{"last", 2 * WINDOW - 3, 3, 2},
	{"two-tables", TABLE - 3, 6, 1},
};
#define PLACES (sizeof(places) / sizeof(*places))

struct shape {
	enum ft_kind kind;
	bool is_private;
	const struct place *place;
};

static char byte_of(size_t page)
{
	return (char)('A' + page);
}

static void fill(const struct ft_map *map)
{
	char bytes[FT_PAGE];

	for (size_t page = 0; page < FILE_PAGES; page++) {
		for (size_t i = 0; i < FT_PAGE; i++)
			bytes[i] = byte_of(page);
		if (pwrite(map->fd, bytes, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail_errno("pwrite");
	}
}

static char *new_room(void)
{
	char *room = mmap(NULL, (size_t)3 * TABLE * FT_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		ft_fail_errno("mmap");
	return room;
}

static char *first_table(char *room)
{
	uintptr_t table = (uintptr_t)TABLE * FT_PAGE;

	return room + (table - (uintptr_t)room % table) % table;
}

static void expect_page(const char *at, char expected, const char *which, size_t page)
{
	for (size_t i = 0; i < FT_PAGE; i++)
		if (((const volatile char *)at)[i] != expected)
			ft_fail("%s page %zu holds %#x after a load beside it, and not %#x", which,
				page, at[i], expected);
}

static void expect_zeros(const char *at, const char *which)
{
	for (size_t page = 0; page < WINDOW; page++)
		expect_page(at + page * FT_PAGE, 0, which, page);
}

static void load_one(const void *arg)
{
	const struct shape *shape = arg;
	const struct place *place = shape->place;
	struct ft_map map = ft_map_new(shape->kind, FILE_PAGES);
	char *room = new_room();
	char *at = first_table(room) + place->first * FT_PAGE;

	fill(&map);
	if (mmap(at, place->pages * FT_PAGE, PROT_READ,
		 MAP_FIXED | (shape->is_private ? MAP_PRIVATE : MAP_SHARED), map.fd,
		 FILE_FIRST * FT_PAGE) != at)
		ft_fail_errno("mmap of the file");
	(void)*(volatile char *)(at + place->loaded * FT_PAGE);
	expect_zeros(at - WINDOW * FT_PAGE, "below the mapping");
	expect_zeros(at + place->pages * FT_PAGE, "above the mapping");
	for (size_t page = 0; page < place->pages; page++)
		expect_page(at + page * FT_PAGE, byte_of(FILE_FIRST + page), "mapped", page);
	if (munmap(room, (size_t)3 * TABLE * FT_PAGE) < 0)
		ft_fail_errno("munmap");
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_EXT4, FT_XFS};
	const size_t n_kinds = sizeof(kinds) / sizeof(*kinds);

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_plan((unsigned)(n_kinds * 2 * PLACES));
	for (size_t i = 0; i < n_kinds * 2 * PLACES; i++) {
		struct shape shape = {.kind = kinds[i / PLACES / 2],
				      .is_private = i / PLACES % 2,
				      .place = &places[i % PLACES]};

		ft_case(load_one, &shape, "%s-%s-%s", ft_kind_name(shape.kind),
			shape.is_private ? "private" : "shared", shape.place->name);
	}
	ft_disk_release("ext4");
	ft_disk_release("xfs");
}

const struct ft_test fault_around = {
	.name = "fault-around",
	.summary = "a load that maps what is around it stays inside its mapping",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
