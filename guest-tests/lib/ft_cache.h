/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache, as far as a program can steer it.
 */
#pragma once

#include <stddef.h>

/*
 * Takes a file's pages, which must be clean and not mapped, out of the page cache, and proves it
 * with mincore; fails the case when pages stay in it.
 */
void ft_cache_evict(int fd, size_t bytes);

/*
 * A new file without a name in that folder, each page full of one byte, all of it on disk and
 * still in the page cache.
 */
int ft_cache_file(const char *folder, size_t pages, char (*byte_of)(size_t page));

/* Waits until pages that are being read have arrived; fails the case when they do not. */
void ft_cache_await(int fd, size_t bytes);

/* How many pages of the file are in the page cache. */
size_t ft_cache_resident(int fd, size_t bytes);
