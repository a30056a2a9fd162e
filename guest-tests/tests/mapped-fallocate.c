// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a mapping shows at once what fallocate(2) makes of its file, and pread the same: pages
 * that were reserved are zeros, whatever was in that memory before (tmpfs, memfd, ext4, xfs), and so
 * are those of a range that was zeroed; where a range was collapsed or inserted the rest moves, and
 * past the end there is SIGBUS (ext4, xfs). All pages that there are were stored to before.
 *
 * A kernel that leaves pages mapped which are somewhere else in the file by now, or are to be read
 * anew, shows old data; one that forgets to clear what it reserved shows other people's.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_trap.h"
#include "table.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	     16
#define MAPPED	     24
#define FIRST	     4 /* of the range */
#define RANGE	     4
#define END	     (FIRST + RANGE)
#define SOILED_BYTES (4u << 20)

struct shape {
	enum ft_kind kind;
	int mode;
};

/* What all of a page is, once the file was changed; -1: past its end. */
static int byte_of(int mode, int page)
{
	switch (mode) {
	case FALLOC_FL_ZERO_RANGE:
		return page >= PAGES ? -1 : page >= FIRST && page < END ? 0 : page + 1;
	case FALLOC_FL_COLLAPSE_RANGE:
		return page >= PAGES - RANGE ? -1 : page < FIRST ? page + 1 : page + RANGE + 1;
	case FALLOC_FL_INSERT_RANGE:
		return page >= PAGES + RANGE ? -1
		       : page < FIRST	     ? page + 1
		       : page < END	     ? 0
					     : page - RANGE + 1;
	default:
		return page < PAGES ? 0 : -1;
	}
}

/* The pages that are free next are not zeros. */
static void soil_memory(void)
{
	void *memory = mmap(NULL, SOILED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED)
		ft_fail_errno("mmap");
	memset(memory, 0xa5, SOILED_BYTES);
	munmap(memory, SOILED_BYTES);
}

static void change(const struct ft_map *map, int mode)
{
	off_t first = mode ? FIRST * FT_PAGE : 0, bytes = (mode ? RANGE : PAGES) * FT_PAGE;

	if (mode) {
		for (int page = 0; page < PAGES; page++)
			memset(map->addr + page * FT_PAGE, page + 1, FT_PAGE);
	} else {
		soil_memory();
		if (ftruncate(map->fd, 0) < 0)
			ft_fail_errno("ftruncate");
	}
	if (fallocate(map->fd, mode, first, bytes) < 0)
		ft_fail_errno("fallocate");
}

static void expect_changed(const struct ft_map *map, int mode)
{
	char bytes[FT_PAGE];

	for (int page = 0; page < MAPPED; page++) {
		char *at = map->addr + page * FT_PAGE;
		int value = byte_of(mode, page);
		struct ft_trap trap = ft_trap_load(at, NULL);

		if (value < 0) {
			ft_trap_expect(&trap, SIGBUS, at, "a load past the end after fallocate");
			continue;
		}
		ft_trap_expect_none(&trap, "a load after fallocate");
		ft_map_expect_page(at, (size_t)page, (char)value, "the mapping after fallocate");
		ft_map_pread(map, (size_t)page, bytes);
		ft_map_expect_page(bytes, (size_t)page, (char)value, "pread after fallocate");
	}
}

static void change_mapped(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_new(shape->kind, MAPPED);

	ft_trap_prepare();
	if (ftruncate(map.fd, PAGES * FT_PAGE) < 0)
		ft_fail_errno("ftruncate");
	change(&map, shape->mode);
	expect_changed(&map, shape->mode);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const struct {
		const char *name;
		int mode;
		enum ft_kind first_kind; /* and those that come after it */
	} modes[] = {
		{"reserved", 0, FT_TMPFS},
		{"zeroed", FALLOC_FL_ZERO_RANGE, FT_EXT4},
		{"collapsed", FALLOC_FL_COLLAPSE_RANGE, FT_EXT4},
		{"inserted", FALLOC_FL_INSERT_RANGE, FT_EXT4},
	};
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_EXT4, FT_EXT4_1K, FT_XFS};

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("ext4-1k");
	ft_disk_mount("xfs");
	ft_plan(5 + 3 * 3);
	for (size_t m = 0; m < 4; m++)
		for (size_t k = 0; k < 5; k++) {
			struct shape shape = {.kind = kinds[k], .mode = modes[m].mode};

			if (kinds[k] >= modes[m].first_kind)
				ft_case(change_mapped, &shape, "%s-%s", ft_kind_name(kinds[k]),
					modes[m].name);
		}
	ft_disk_release("xfs");
	ft_disk_release("ext4-1k");
	ft_disk_release("ext4");
}

const struct ft_test mapped_fallocate = {
	.name = "mapped-fallocate",
	.summary = "mapping and file agree after a range was reserved, zeroed, collapsed, inserted",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.disks = "ext4 ext4-1k xfs",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
