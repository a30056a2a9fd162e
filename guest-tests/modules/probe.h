/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two halves of the probe driver share: one open file.
 */
#pragma once

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "fl_probe.h"

enum probe_count {
	FAULT_VMA,
	FAULT_MMAP,
	MKWRITE,
	MAP_PAGES,
	BAD_VMA,
	BAD_MMAP,
	BAD_NO_MAP_PAGES,
	BAD_CHANGED,
	HELD,
	COUNTS
};

struct probe_order {
	atomic_t times;
	u32 answer;
};

struct probe_file {
	struct xarray pages;
	atomic64_t counts[COUNTS];
	struct probe_order orders[FL_PROBE_CALLS];
	unsigned int shape;
	bool holding;
	wait_queue_head_t released;
};

/* The page at this place, made when it is first asked for; the file keeps a reference. */
struct page *probe_page(struct probe_file *probe, pgoff_t index);

/* The operations of a mapping of this shape. */
const struct vm_operations_struct *probe_vm_ops(unsigned int shape);
