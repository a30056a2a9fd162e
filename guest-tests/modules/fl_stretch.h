/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the tests and the runner tell the driver that makes race windows longer (modules/fl_stretch.c)
 * where and by how much. Read by both, and by the host's tests of the draw.
 */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

#define FL_STRETCH_DEVICE     "faultline-stretch"
#define FL_STRETCH_POINTS_MAX 64
#define FL_STRETCH_US_MAX     10000
#define FL_STRETCH_NAME_SIZE  48

enum fl_stretch_where {
	FL_STRETCH_BEGIN,
	FL_STRETCH_RETURN,
	FL_STRETCH_ATOMIC, /* before one of its atomic instructions: what it looked at may be old */
	FL_STRETCH_YIELD,  /* before an instruction, as the file's schedule says */
};

/* One more place where a CPU may be held up. */
struct fl_stretch_point {
	char function[FL_STRETCH_NAME_SIZE];
	char caller[FL_STRETCH_NAME_SIZE]; /* only when it returns into this one; empty: any */
	__u32 where;
	__u32 number; /* of the atomic instruction, from 0; or bytes from the begin */
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
 * Where vCPUs run one at a time and PAUSE hands over to the next one: which hits of the file's
 * yielding points do so. Hits are counted over all of these points in the order in which they come,
 * those of the opener's own session left out; each `hits` of them are one schedule, with `depth`
 * change points drawn from the seed.
 */
struct fl_stretch_schedule {
	__u64 seed;
	__u32 hits; /* at least 1 */
	__u32 depth;
};
#define FL_STRETCH_DEPTH_MAX 8

/* Since the schedule was given. */
struct fl_stretch_taken {
	__u64 hits;
	__u64 yields;
};

/* One draw; the finish of SplitMix64, so that neighbouring numbers have nothing in common. */
static inline __u64 fl_stretch_draw(__u64 seed, __u64 number)
{
	__u64 z = seed + (number + 1) * 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* How often the others get their turn at a change point: mostly a few times, now and then for long. */
static inline __u32 fl_stretch_turns(__u64 drawn)
{
	__u32 most = drawn & 7 ? 4 : 32;

	return 1 + (__u32)(drawn >> 3) % most;
}

/* How often the CPU hands over at the hit of that number, from 0; 0: it goes on. */
static inline __u32 fl_stretch_yields(const struct fl_stretch_schedule *schedule, __u64 hit)
{
	__u64 first = hit / schedule->hits * FL_STRETCH_DEPTH_MAX;
	__u32 at = (__u32)(hit % schedule->hits), i;

	for (i = 0; i < schedule->depth; i++) {
		__u64 drawn = fl_stretch_draw(schedule->seed, first + i);

		if ((__u32)(drawn >> 32) % schedule->hits == at)
			return fl_stretch_turns(drawn & 0xffffffff);
	}
	return 0;
}

/*
 * FL_STRETCH_POINT returns the number of the point, which is the file's until it is closed;
 * ENOENT: this kernel has no such function, or has it only inlined, or no such instruction in it.
 * FL_STRETCH_COUNT returns how often the point with this number was held up.
 */
#define FL_STRETCH_POINT    _IOW('f', 16, struct fl_stretch_point)
#define FL_STRETCH_DELAY    _IOW('f', 17, struct fl_stretch_delay)
#define FL_STRETCH_COUNT    _IO('f', 18)
#define FL_STRETCH_SCHEDULE _IOW('f', 19, struct fl_stretch_schedule)
#define FL_STRETCH_TAKEN    _IOR('f', 20, struct fl_stretch_taken)
