// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each change is one system call on the whole mapping. Nothing here touches the mapping's pages.
 */
#include "ft_change.h"
#include "ft.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool do_mprotect(struct ft_map *map)
{
	return mprotect(map->addr, map->bytes, PROT_READ) == 0;
}

static bool do_munmap(struct ft_map *map)
{
	return munmap(map->addr, map->bytes) == 0;
}

static bool do_mremap(struct ft_map *map)
{
	return mremap(map->addr, map->bytes, map->bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      map->addr + 2 * map->bytes) != MAP_FAILED;
}

static bool do_replace(struct ft_map *map)
{
	return mmap(map->addr, map->bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

static bool do_fork(struct ft_map *map)
{
	pid_t pid = fork();

	(void)map;
	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

/* The flags of the VMA alone change. */
static bool do_madvise(struct ft_map *map)
{
	return madvise(map->addr, map->bytes, MADV_DONTFORK) == 0;
}

/* Without faulting anything in, which would be faults of its own. */
static bool do_mlock(struct ft_map *map)
{
	return mlock2(map->addr, map->bytes, MLOCK_ONFAULT) == 0;
}

/* Into the gap behind it, where it stands. */
static bool do_grow(struct ft_map *map)
{
	return munmap(map->addr + map->bytes, map->bytes) == 0 &&
	       mremap(map->addr, map->bytes, 2 * map->bytes, 0) == map->addr;
}

const struct ft_change ft_changes[FT_CHANGES] = {
	{"mprotect", do_mprotect}, {"munmap", do_munmap}, {"mremap", do_mremap},
	{"replace", do_replace},   {"fork", do_fork},	  {"madvise", do_madvise},
	{"mlock", do_mlock},	   {"grow", do_grow},
};

/*
 * A gap, the mapping, a gap, where it moves to, a gap; each begins at a multiple of its size, so that
 * what is as large as a page table can be moved as one.
 */
void ft_change_map(struct ft_map *map, int flags)
{
	size_t bytes = map->bytes, before;
	char *room = mmap(NULL, 6 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		ft_fail_errno("mmap");
	before = bytes - (uintptr_t)room % bytes;
	if (munmap(room, before) < 0 ||
	    (before < bytes && munmap(room + before + 5 * bytes, bytes - before) < 0))
		ft_fail_errno("munmap");
	map->addr = mmap(room + before + bytes, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED,
			 map->fd, 0);
	if (map->addr == MAP_FAILED)
		ft_fail_errno("mmap of the file");
}

void ft_change_leave(struct ft_map *map)
{
	if (munmap(map->addr - map->bytes, 5 * map->bytes) < 0)
		ft_fail_errno("munmap");
	map->addr = NULL;
}
