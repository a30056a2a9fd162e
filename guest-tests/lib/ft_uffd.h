/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userfaultfd(2) for a mapping.
 */
#pragma once

#include <linux/userfaultfd.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Does not block and is for the caller to close: with these features (UFFD_FEATURE_*), and the
 * range registered in this mode (UFFDIO_REGISTER_MODE_*). Fails the case when it cannot.
 */
int ft_uffd_open(const void *addr, size_t bytes, uint64_t features, uint64_t mode);
