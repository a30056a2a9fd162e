/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the probe driver (modules/fl_probe.c) tells the tests. Read by both.
 */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

#define FL_PROBE_PAGES_MAX 4096 /* of one open file */

/* Which lock each call into the driver was made under, since the file was opened. */
struct fl_probe_counts {
	__u64 fault_vma;  /* ->fault, FAULT_FLAG_VMA_LOCK set */
	__u64 fault_mmap; /* ->fault, not set */
	__u64 mkwrite;	  /* ->page_mkwrite; its flags do not tell which lock */
	__u64 map_pages;
	__u64 bad_vma;		/* flag set, and the VMA lock is not held */
	__u64 bad_mmap;		/* flag not set, and mmap_lock is not held */
	__u64 bad_no_map_pages; /* only the VMA lock held, and the device has no ->map_pages */
};

/* The locks of the VMA at addr, at a time when nobody should hold any. */
struct fl_probe_locks {
	__u64 addr;	   /* in */
	__u32 has_vma;	   /* out, and so are the rest */
	__u32 vma_locked;  /* somebody holds the VMA lock, or its count is off */
	__u32 mmap_locked; /* somebody holds mmap_lock, or its count is off */
	__u32 reserved;
};

#define FL_PROBE_COUNTS _IOR('f', 1, struct fl_probe_counts)
#define FL_PROBE_LOCKS	_IOWR('f', 2, struct fl_probe_locks)

#define FL_PROBE_MP   "fl_probe_mp"   /* with ->map_pages */
#define FL_PROBE_NOMP "fl_probe_nomp" /* without */
