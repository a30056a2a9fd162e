/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload that an accelerator must run: a firmware image of 64 KiB that brings two vCPUs
 * from reset to long mode, lets both compute, and says what they found.
 *
 * It writes FL_PROBE_WORDS little-endian 64-bit words to the debug console (port 0xe9): the
 * result of vCPU 0, that of vCPU 1, and the time-stamp cycles that vCPU 0 needed. Then it writes
 * FL_PROBE_EXIT_BYTE to isa-debug-exit at FL_WIRE_EXIT_PORT.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_PROBE_IMAGE_SIZE 65536
#define FL_PROBE_WORDS	    3
#define FL_PROBE_EXIT_BYTE  0x15
#define FL_PROBE_ROUNDS	    10000000

/* Fills the image that `-bios` takes. */
void fl_probe_image(unsigned char image[FL_PROBE_IMAGE_SIZE]);

/* What a vCPU (0 or 1) must find. */
uint64_t fl_probe_expected(unsigned cpu);

/* Whether these bytes are the right answer; *ret_cycles is what vCPU 0 needed. */
bool fl_probe_check(const unsigned char *bytes, size_t len, uint64_t *ret_cycles);

/* The host's time-stamp counter, which the guest's follows. */
uint64_t fl_probe_cycles(void);
