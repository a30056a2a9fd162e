/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the probe driver (modules/probe_calls.c) tells the tests. Read by both.
 */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

#define FL_PROBE_PAGES_MAX 4096 /* of one open file */

/* Which lock each call into the driver was made under, since the file was opened. */
struct fl_probe_counts {
	__u64 fault_vma;  /* ->fault, FAULT_FLAG_VMA_LOCK set */
	__u64 fault_mmap; /* ->fault, not set */
	__u64 mkwrite;	  /* ->page_mkwrite (its flags do not tell which lock) or ->pfn_mkwrite */
	__u64 map_pages;
	__u64 bad_vma;		/* flag set, and the VMA lock is not held */
	__u64 bad_mmap;		/* flag not set, and mmap_lock is not held */
	__u64 bad_no_map_pages; /* only the VMA lock held, and the device has no ->map_pages */
	__u64 bad_changed;	/* the VMA is another one after a call that waited in the driver */
	__u64 held;		/* calls that wait in the driver now, as they were ordered to */
};

/* The locks of the VMA at addr, at a time when nobody should hold any. */
struct fl_probe_locks {
	__u64 addr;	   /* in */
	__u32 has_vma;	   /* out, and so are the rest */
	__u32 vma_locked;  /* somebody holds the VMA lock, or its count is off */
	__u32 mmap_locked; /* somebody holds mmap_lock, or its count is off */
	__u32 reserved;
};

/* The pages of one open file, seen from outside. */
struct fl_probe_pages {
	__u32 pages;	  /* there are so many */
	__u32 references; /* besides the file's own, one a page */
	__u32 mapped;
	__u32 locked;
	__u32 dirty;
	__u32 reserved;
};

/*
 * How the mappings of one open file are made up, for those that are made from now on. A fresh file
 * has HAS_MKWRITE, and HAS_MAP_PAGES if the device has it in its name.
 */
#define FL_PROBE_HAS_MAP_PAGES 1u
#define FL_PROBE_HAS_MKWRITE   2u /* ->page_mkwrite, or ->pfn_mkwrite with IS_PFN */
#define FL_PROBE_IS_PFN	       4u /* VM_PFNMAP: ->fault maps the frame itself; MAP_SHARED only */
#define FL_PROBE_NO_CALLS      8u /* alone: nobody maps a page, and nobody can be asked to */
#define FL_PROBE_SHAPES	       9u

enum fl_probe_call { FL_PROBE_FAULT, FL_PROBE_MKWRITE, FL_PROBE_CALLS };

/* What a call answers. What makes no sense for a call is answered as ever. */
enum fl_probe_answer {
	FL_PROBE_AS_EVER,
	FL_PROBE_SIGBUS,
	FL_PROBE_SIGSEGV,
	FL_PROBE_NOPAGE,   /* "it is mapped", and it is not */
	FL_PROBE_RETRY,	   /* drops the lock that the flags tell of */
	FL_PROBE_MAJOR,	   /* as ever, and it was a major fault */
	FL_PROBE_UNLOCKED, /* ->fault: an unlocked page; ->page_mkwrite: "look whether it is there" */
	FL_PROBE_HOLD,	   /* waits for FL_PROBE_RELEASE, then as ever */
	FL_PROBE_ANSWERS
};

/* The next so many calls of this kind, in this file. */
struct fl_probe_order {
	__u32 call;
	__u32 answer;
	__u32 times;
	__u32 reserved;
};

#define FL_PROBE_COUNTS	 _IOR('f', 1, struct fl_probe_counts)
#define FL_PROBE_LOCKS	 _IOWR('f', 2, struct fl_probe_locks)
#define FL_PROBE_SHAPE	 _IO('f', 3) /* its argument is the shape */
#define FL_PROBE_ORDER	 _IOW('f', 4, struct fl_probe_order)
#define FL_PROBE_RELEASE _IO('f', 5)
#define FL_PROBE_PAGES	 _IOR('f', 6, struct fl_probe_pages)

#define FL_PROBE_MP   "fl_probe_mp"   /* with ->map_pages */
#define FL_PROBE_NOMP "fl_probe_nomp" /* without */
