/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that takes mmap_lock for writing again and again, by mmap and munmap of something else.
 */
#pragma once

#include <stdint.h>

struct ft_writer;

struct ft_writer *ft_writer_start(void);

/* Ends it; how often it went round. */
uint64_t ft_writer_stop(struct ft_writer *writer);
