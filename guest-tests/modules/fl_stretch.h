/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the tests tell the driver that makes race windows longer (modules/fl_stretch.c) where and by
 * how much. Read by both.
 */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

#define FL_STRETCH_DEVICE     "faultline-stretch"
#define FL_STRETCH_POINTS_MAX 32
#define FL_STRETCH_US_MAX     10000
#define FL_STRETCH_NAME_SIZE  48

enum fl_stretch_where {
	FL_STRETCH_BEGIN,
	FL_STRETCH_RETURN,
	FL_STRETCH_ATOMIC, /* before one of its atomic instructions: what it looked at may be old */
};

/* One more place where a CPU may be held up. */
struct fl_stretch_point {
	char function[FL_STRETCH_NAME_SIZE];
	char caller[FL_STRETCH_NAME_SIZE]; /* only when it returns into this one; empty: any */
	__u32 where;
	__u32 number; /* of the atomic instruction, from 0 */
};

/*
 * How it is held up from now on: every one_in-th time on average, for up to max_us, at most so many
 * times.
 */
struct fl_stretch_delay {
	__u64 seed;
	__u32 point;
	__u32 max_us;
	__u32 one_in;
	__u32 times;
};

/*
 * FL_STRETCH_POINT returns the number of the point, which is the file's until it is closed;
 * ENOENT: this kernel has no such function, or has it only inlined, or no such instruction in it.
 * FL_STRETCH_COUNT returns how often the point with this number was held up.
 */
#define FL_STRETCH_POINT _IOW('f', 16, struct fl_stretch_point)
#define FL_STRETCH_DELAY _IOW('f', 17, struct fl_stretch_delay)
#define FL_STRETCH_COUNT _IO('f', 18)
