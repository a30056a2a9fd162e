// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that what is taken out of a file goes from a mapping of any part of it, however that came to
 * be: mapped at once, grown, put together of two, moved, or split and joined again; shared and
 * private, on tmpfs, memfd, ext4 and xfs. A hole shows zeros and leaves private copies; past the end
 * of a file that was cut there is SIGBUS, and zeros when it is long again; the pages beside are as
 * they were. And that the size of the process (VmSize) is that of its mappings, for a child and after
 * all of it, too.
 *
 * A kernel that looks for the pages at the wrong place of a mapping that does not begin with the file,
 * or does not find a VMA by the part that it got later, leaves them mapped: old data are seen, and
 * stores go to pages that are nobody's.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_procfs.h"
#include "ft_trap.h"
#include "table.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_PAGES 32
#define FIRST	   8 /* of the file, that is mapped */
#define PAGES	   16
#define HALF	   (PAGES / 2)
#define HOLE	   11 /* of the mapping, as is what follows: in the part that came later */
#define HOLE_PAGES 2
#define LEFT	   14

struct part {
	int fd, flags;
	char *addr; /* reserved: twice as much as is mapped */
};

struct way {
	const char *name;
	void (*map)(const struct part *part);
};

struct shape {
	enum ft_kind kind;
	const struct way *way;
};

static char *page_at(const struct part *part, size_t page)
{
	return part->addr + page * FT_PAGE;
}

/* Pages of the part, at a place of their own. */
static void map_at(const struct part *part, size_t place, size_t page, size_t pages)
{
	char *at = page_at(part, place);

	if (mmap(at, pages * FT_PAGE, PROT_READ | PROT_WRITE, part->flags | MAP_FIXED, part->fd,
		 (off_t)((FIRST + page) * FT_PAGE)) != at)
		ft_fail_errno("mmap");
}

static void map_at_once(const struct part *part)
{
	map_at(part, 0, 0, PAGES);
}

static void grow(const struct part *part)
{
	map_at(part, 0, 0, HALF);
	if (munmap(page_at(part, HALF), HALF * FT_PAGE) < 0 ||
	    mremap(part->addr, HALF * FT_PAGE, PAGES * FT_PAGE, 0) != part->addr)
		ft_fail_errno("mremap to twice the size");
}

static void append(const struct part *part)
{
	map_at(part, 0, 0, HALF);
	map_at(part, HALF, HALF, HALF);
}

static void prepend(const struct part *part)
{
	map_at(part, HALF, HALF, HALF);
	map_at(part, 0, 0, HALF);
}

static void move(const struct part *part)
{
	map_at(part, PAGES, 0, PAGES);
	if (mremap(page_at(part, PAGES), PAGES * FT_PAGE, PAGES * FT_PAGE,
		   MREMAP_MAYMOVE | MREMAP_FIXED, part->addr) != part->addr)
		ft_fail_errno("mremap");
}

static void split_and_join(const struct part *part)
{
	char *at = page_at(part, HALF / 2);

	map_at(part, 0, 0, PAGES);
	if (mprotect(at, HALF * FT_PAGE, PROT_READ) < 0 ||
	    mprotect(at, HALF * FT_PAGE, PROT_READ | PROT_WRITE) < 0)
		ft_fail_errno("mprotect");
}

static void expect_pages(const struct part *part, size_t first, size_t end, char value,
			 const char *when)
{
	for (size_t page = first; page < end; page++) {
		char found = *(volatile char *)page_at(part, page);

		if (found != value)
			ft_fail("page %zu of a mapping is %d and not %d after %s", page, found,
				value, when);
	}
}

static void punch(const struct part *part)
{
	char in_hole = part->flags == MAP_PRIVATE;

	if (fallocate(part->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (FIRST + HOLE) * FT_PAGE, HOLE_PAGES * FT_PAGE) < 0)
		ft_fail_errno("a hole");
	expect_pages(part, 0, HOLE, 1, "a hole behind it");
	expect_pages(part, HOLE, HOLE + HOLE_PAGES, in_hole, "a hole there");
	expect_pages(part, HOLE + HOLE_PAGES, PAGES, 1, "a hole before it");
}

static void cut(const struct part *part)
{
	if (ftruncate(part->fd, (FIRST + LEFT) * FT_PAGE) < 0)
		ft_fail_errno("ftruncate");
	expect_pages(part, 0, HOLE, 1, "the file was cut behind it");
	for (size_t page = LEFT; page < PAGES; page++) {
		struct ft_trap trap = ft_trap_load(page_at(part, page), NULL);

		ft_trap_expect(&trap, SIGBUS, page_at(part, page),
			       "a load past the end of a file that was cut");
	}
	if (ftruncate(part->fd, FILE_PAGES * FT_PAGE) < 0)
		ft_fail_errno("ftruncate");
	expect_pages(part, LEFT, PAGES, 0, "the file was cut and grew again");
}

/* The gate page stands in the list and is no mapping. */
static uint64_t mapped_kb(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long begin, end;
	char line[512];
	uint64_t sum = 0;

	while (maps && fgets(line, sizeof(line), maps))
		if (!strstr(line, "[vsyscall]") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
			sum += end - begin;
	if (!maps)
		ft_fail_errno("/proc/self/maps");
	fclose(maps);
	return sum / 1024;
}

static void expect_size(const char *when)
{
	uint64_t mapped = mapped_kb();
	uint64_t size = ft_procfs_number("/proc/self/status", "VmSize:");

	if (size != mapped)
		ft_fail("VmSize is %llu kB, and %llu kB are mapped, %s", (unsigned long long)size,
			(unsigned long long)mapped, when);
}

static void expect_size_of_child(void *arg)
{
	(void)arg;
	expect_size("in a child");
}

static void take_away(const struct shape *shape, int fd, int flags)
{
	struct part part = {.fd = fd, .flags = flags};

	part.addr = mmap(NULL, 2 * PAGES * FT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (part.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	shape->way->map(&part);
	expect_size("once a part of a file is mapped");
	for (size_t page = 0; page < PAGES; page++)
		*(volatile char *)page_at(&part, page) = 1;
	punch(&part);
	cut(&part);
	/* Not before: a child that comes and goes sorts the file's VMAs anew. */
	ft_bounded_child(expect_size_of_child, NULL, "a child that looks at its size");
	munmap(part.addr, 2 * PAGES * FT_PAGE);
	expect_size("when the part is unmapped");
}

static void take_from_mappings(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_new(shape->kind, FILE_PAGES);

	ft_trap_prepare();
	take_away(shape, map.fd, MAP_SHARED);
	take_away(shape, map.fd, MAP_PRIVATE);
	ft_map_free(&map);
}

static const struct way ways[] = {
	{"at-once", map_at_once}, {"grown", grow}, {"appended", append},
	{"prepended", prepend},	  {"moved", move}, {"split-and-joined", split_and_join},
};
#define WAYS (sizeof(ways) / sizeof(*ways))

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD, FT_EXT4, FT_XFS};
	const size_t n_kinds = sizeof(kinds) / sizeof(*kinds);

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_plan((unsigned)(n_kinds * WAYS));
	for (size_t i = 0; i < n_kinds * WAYS; i++) {
		struct shape shape = {.kind = kinds[i / WAYS], .way = &ways[i % WAYS]};

		ft_case(take_from_mappings, &shape, "%s-%s", ft_kind_name(shape.kind),
			shape.way->name);
	}
	ft_disk_release("xfs");
	ft_disk_release("ext4");
}

const struct ft_test mapped_parts = {
	.name = "mapped-parts",
	.summary =
		"holes and truncation reach every mapping, of any part and however it came to be",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
