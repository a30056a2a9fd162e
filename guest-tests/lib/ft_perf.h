/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A perf event that counts nothing: what the tests want of it is its ring buffer.
 */
#pragma once

int ft_perf_open(void);
