// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the time-stamp counter against the monotonic clock. A guest that has to measure it for
 * itself does so against an emulated timer, and on a busy host is wrong by a factor of fifty: all
 * its time limits and watchdogs are then wrong as well, and a good kernel looks hung.
 */
#include "vm/tsc.h"

#include "vm/probe.h"

#include <stdint.h>
#include <time.h>

#define SPAN_NS 20000000u
#define TRIES	16

typedef struct {
	uint64_t ns, cycles;
} Reading;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Both at one instant: of several tries the one that was interrupted least. */
static Reading read_both(void)
{
	uint64_t narrowest = UINT64_MAX;
	Reading best = {0};

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = now_ns(), cycles = fl_probe_cycles(), after = now_ns();

		if (after - before >= narrowest)
			continue;
		narrowest = after - before;
		best = (Reading){.ns = before + narrowest / 2, .cycles = cycles};
	}
	return best;
}

unsigned fl_tsc_khz(void)
{
	struct timespec span = {.tv_nsec = SPAN_NS};
	Reading first = read_both(), second;

	nanosleep(&span, NULL);
	second = read_both();
	return (unsigned)((second.cycles - first.cycles) * 1000000u / (second.ns - first.ns));
}
