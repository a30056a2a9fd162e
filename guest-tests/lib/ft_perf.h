/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Perf events of the kernel's own counting (PERF_TYPE_SOFTWARE).
 */
#pragma once

#include <stdint.h>

/* Counts nothing: what the tests want of it is its ring buffer. */
int ft_perf_open(void);

/* Counts what the calling thread does from now on; which is PERF_COUNT_SW_*. */
int ft_perf_count(uint64_t which);
uint64_t ft_perf_read(int fd);
