// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the mappings. Files have no name (O_TMPFILE), so that nothing is left of a case that dies.
 */
#include "ft_map.h"
#include "ft.h"
#include "ft_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static const struct {
	const char *name;
	bool map_pages, readable;
} kinds[FT_KINDS] = {
	[FT_TMPFS] = {"tmpfs", true, true},	  [FT_MEMFD] = {"memfd", true, true},
	[FT_ANON] = {"anon", true, false},	  [FT_EXT4] = {"ext4", true, true},
	[FT_EXT4_1K] = {"ext4-1k", true, true},	  [FT_XFS] = {"xfs", true, true},
	[FT_PROBE_MP] = {"probe-mp", true, true}, [FT_SHM] = {"shm", false, false},
	[FT_UDMABUF] = {"udmabuf", false, false}, [FT_PROBE_NOMP] = {"probe-nomp", false, true},
};

const char *ft_kind_name(enum ft_kind kind)
{
	return kinds[kind].name;
}

bool ft_kind_has_map_pages(enum ft_kind kind)
{
	return kinds[kind].map_pages;
}

bool ft_kind_on_disk(enum ft_kind kind)
{
	return kind == FT_EXT4 || kind == FT_EXT4_1K || kind == FT_XFS;
}

static int open_file(const char *folder, size_t bytes)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		ft_fail_errno(folder);
	if (ftruncate(fd, (off_t)bytes) < 0)
		ft_fail_errno("ftruncate");
	return fd;
}

static int open_memfd(size_t bytes)
{
	int fd = memfd_create("ft", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		ft_fail_errno("memfd_create");
	if (ftruncate(fd, (off_t)bytes) < 0)
		ft_fail_errno("ftruncate");
	return fd;
}

/* Written and synced: then a fault finds each page in the cache, and nothing writes it back. */
static int open_on_disk(const char *folder, size_t bytes)
{
	static const char zeros[16 * FT_PAGE];
	int fd = open_file(folder, bytes);

	for (size_t done = 0; done < bytes;) {
		size_t n = bytes - done < sizeof(zeros) ? bytes - done : sizeof(zeros);

		if (pwrite(fd, zeros, n, (off_t)done) != (ssize_t)n)
			ft_fail_errno(folder);
		done += n;
	}
	if (fsync(fd) < 0)
		ft_fail_errno("fsync");
	return fd;
}

int ft_map_udmabuf(int memfd, size_t offset, size_t bytes)
{
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create create = {.memfd = (unsigned)memfd, .offset = offset, .size = bytes};
	int fd;

	if (device < 0)
		ft_skip("no /dev/udmabuf (CONFIG_UDMABUF)");
	if (fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		ft_fail_errno("F_ADD_SEALS");
	fd = ioctl(device, UDMABUF_CREATE, &create);
	if (fd < 0)
		ft_fail_errno("UDMABUF_CREATE");
	close(device);
	return fd;
}

/* The memfd may be closed at once: the buffer holds its pages. */
static int open_udmabuf(size_t bytes)
{
	int memfd = open_memfd(bytes);
	int fd = ft_map_udmabuf(memfd, 0, bytes);

	close(memfd);
	return fd;
}

static int open_kind(enum ft_kind kind, size_t bytes)
{
	switch (kind) {
	case FT_TMPFS:
		return open_file("/tmp", bytes);
	case FT_MEMFD:
		return open_memfd(bytes);
	case FT_EXT4:
		return open_on_disk("/mnt/ext4", bytes);
	case FT_EXT4_1K:
		return open_on_disk("/mnt/ext4-1k", bytes);
	case FT_XFS:
		return open_on_disk("/mnt/xfs", bytes);
	case FT_UDMABUF:
		return open_udmabuf(bytes);
	case FT_PROBE_MP:
	case FT_PROBE_NOMP:
		return ft_probe_open(kind == FT_PROBE_MP);
	case FT_ANON:
	case FT_SHM:
	case FT_KINDS:
		break;
	}
	return -1;
}

static char *attach_shm(size_t bytes)
{
	int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
	char *addr;

	if (id < 0)
		ft_fail_errno("shmget");
	addr = shmat(id, NULL, 0);
	/* Marked now, gone with its last mapping. */
	shmctl(id, IPC_RMID, NULL);
	if (addr == (char *)-1)
		ft_fail_errno("shmat");
	return addr;
}

struct ft_map ft_map_with(enum ft_kind kind, size_t pages, int prot, int flags)
{
	struct ft_map map = {.kind = kind, .bytes = pages * FT_PAGE};

	map.fd = open_kind(kind, map.bytes);
	if (kind == FT_ANON)
		flags |= MAP_ANONYMOUS;
	map.addr = kind == FT_SHM ? attach_shm(map.bytes)
				  : mmap(NULL, map.bytes, prot, flags, map.fd, 0);
	if (map.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	return map;
}

struct ft_map ft_map_new(enum ft_kind kind, size_t pages)
{
	return ft_map_with(kind, pages, PROT_READ | PROT_WRITE, MAP_SHARED);
}

/* mremap of a size of 0 leaves a shared mapping and makes another. */
struct ft_map ft_map_view(const struct ft_map *map)
{
	struct ft_map view = *map;

	view.addr = map->fd < 0 ? mremap(map->addr, 0, map->bytes, MREMAP_MAYMOVE)
				: mmap(NULL, map->bytes, PROT_READ, MAP_SHARED, map->fd, 0);
	if (view.addr == MAP_FAILED)
		ft_fail_errno("a second mapping");
	return view;
}

void ft_map_unmap(struct ft_map *map)
{
	if (map->addr && munmap(map->addr, map->bytes) < 0)
		ft_fail_errno("munmap");
	map->addr = NULL;
}

void ft_map_move(struct ft_map *map)
{
	char *to = mmap(NULL, map->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (to == MAP_FAILED ||
	    mremap(map->addr, map->bytes, map->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		ft_fail_errno("mremap");
	map->addr = to;
}

void ft_map_again(struct ft_map *map, int flags)
{
	map->addr = mmap(NULL, map->bytes, PROT_READ | PROT_WRITE, flags, map->fd, 0);
	if (map->addr == MAP_FAILED)
		ft_fail_errno("mmap");
}

void ft_map_free(struct ft_map *map)
{
	ft_map_unmap(map);
	if (map->fd >= 0)
		close(map->fd);
	map->fd = -1;
}

bool ft_map_readable(const struct ft_map *map)
{
	return kinds[map->kind].readable;
}

void ft_map_pread(const struct ft_map *map, size_t page, void *buffer)
{
	ssize_t len = pread(map->fd, buffer, FT_PAGE, (off_t)(page * FT_PAGE));

	if (len != (ssize_t)FT_PAGE)
		ft_fail("pread of page %zu of %s gave %zd of %u bytes", page,
			ft_kind_name(map->kind), len, FT_PAGE);
}

int ft_map_open(const struct ft_map *map, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", map->fd);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		ft_fail_errno(path);
	return fd;
}

int ft_map_open_direct(const struct ft_map *map)
{
	return ft_map_open(map, O_RDWR | O_DIRECT);
}

void ft_map_expect_page(const char *found, size_t page, char value, const char *how)
{
	for (size_t i = 0; i < FT_PAGE; i++)
		if (found[i] != value)
			ft_fail("byte %zu of page %zu is 0x%02x, seen by %s, and 0x%02x is due", i,
				page, (unsigned char)found[i], how, (unsigned char)value);
}

void ft_map_read(const struct ft_map *map, size_t page, void *buffer)
{
	if (ft_map_readable(map))
		ft_map_pread(map, page, buffer);
	else
		memcpy(buffer, map->addr + page * FT_PAGE, FT_PAGE);
}

void ft_map_agree(const struct ft_map *map, const struct ft_map *view, const char *when)
{
	char bytes[FT_PAGE];

	for (size_t page = 0; page < map->bytes / FT_PAGE; page++) {
		ft_map_read(view, page, bytes);
		if (memcmp(map->addr + page * FT_PAGE, bytes, FT_PAGE) != 0)
			ft_fail("page %zu of the mapping is not the page of the %s file after %s",
				page, ft_kind_name(map->kind), when);
	}
}

void ft_map_cases(void (*fn)(const void *shape), const enum ft_kind *wanted, size_t n_wanted)
{
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);

	ft_plan((unsigned)n_wanted * n);
	for (size_t k = 0; k < n_wanted; k++)
		for (unsigned i = 0; i < n; i++) {
			struct ft_map_shape shape = {.kind = wanted[k], .threads = counts[i]};

			ft_case(fn, &shape, "%s-threads-%u", ft_kind_name(wanted[k]), counts[i]);
		}
}
