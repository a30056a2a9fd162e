/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared mappings of every kind that the tests know, with nothing in them touched yet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum ft_kind {
	/* vm_ops with ->map_pages */
	FT_TMPFS,
	FT_MEMFD,
	FT_ANON,
	FT_EXT4,    /* its pages are in the page cache, clean and on disk; needs ft_disk_mount */
	FT_EXT4_1K, /* the same, and so is the next */
	FT_XFS,
	FT_PROBE_MP,
	/* vm_ops without */
	FT_SHM,
	FT_UDMABUF,
	FT_PROBE_NOMP,
	FT_KINDS
};

struct ft_map {
	enum ft_kind kind;
	char *addr;
	size_t bytes;
	int fd; /* -1: the kind has none, or none that can be read */
};

/* What a case of ft_map_cases gets. */
struct ft_map_shape {
	enum ft_kind kind;
	unsigned threads;
};

/* The plan, and one case for each kind and each of ft_thread_counts: "tmpfs-threads-4". */
void ft_map_cases(void (*fn)(const void *shape), const enum ft_kind *wanted, size_t n_wanted);

const char *ft_kind_name(enum ft_kind kind);
bool ft_kind_has_map_pages(enum ft_kind kind);
bool ft_kind_on_disk(enum ft_kind kind);

/* Fails or skips the case when it cannot. */
struct ft_map ft_map_new(enum ft_kind kind, size_t pages);

/* The same, mapped with these flags of mmap(2) instead of MAP_SHARED. Kinds with an fd only. */
struct ft_map ft_map_with(enum ft_kind kind, size_t pages, int prot, int flags);

/* Another shared mapping of the same pages, for reading; not to be freed, but unmapped. */
struct ft_map ft_map_view(const struct ft_map *map);

/* Takes the mapping away and keeps the fd, so that the content can still be read. */
void ft_map_unmap(struct ft_map *map);
void ft_map_free(struct ft_map *map);

/* Maps it again after that, with these flags of mmap(2). Kinds with an fd only. */
void ft_map_again(struct ft_map *map, int flags);

/* To another address, by mremap; fails the case when it cannot. */
void ft_map_move(struct ft_map *map);

/* Whether the content can be seen by pread, beside the mapping. */
bool ft_map_readable(const struct ft_map *map);

/* An fd of a udmabuf of this part of a memfd; skips the case where the kernel has no such device. */
int ft_map_udmabuf(int memfd, size_t offset, size_t bytes);

/* One page of the file, by pread; fails the case when that comes short. */
void ft_map_pread(const struct ft_map *map, size_t page, void *buffer);

/* The same file once more, with these flags of open(2). Kinds with an fd only. */
int ft_map_open(const struct ft_map *map, int flags);

/* The same for I/O past the page cache (O_DIRECT). Kinds on a disk only. */
int ft_map_open_direct(const struct ft_map *map);

/* Fails the case unless all bytes of a page are that one. HOW it was seen stands in the message. */
void ft_map_expect_page(const char *found, size_t page, char value, const char *how);

/* One page, by pread where that can be, else through the mapping. */
void ft_map_read(const struct ft_map *map, size_t page, void *buffer);

/* Fails the case unless the page is the same seen through the mapping and by ft_map_read of view. */
void ft_map_agree(const struct ft_map *map, const struct ft_map *view, const char *when);
