/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a guest's life ended: observed by vm/, weighed by judge/, kept in the evidence.
 */
#pragma once

#include <stdbool.h>

typedef enum {
	FL_ENDING_UNKNOWN,   /* a bare log: nobody saw the end */
	FL_ENDING_EXIT,	     /* by its own last act, isa-debug-exit with FL_WIRE_EXIT_BYTE */
	FL_ENDING_POWEROFF,  /* it powered off */
	FL_ENDING_RESET,     /* it reset: a reboot, a triple fault */
	FL_ENDING_PANIC,     /* the panic device told so */
	FL_ENDING_NO_BOOT,   /* no byte on the wire before the boot limit */
	FL_ENDING_SILENCE,   /* no byte on either port for the silence limit */
	FL_ENDING_TOTAL,     /* the total limit */
	FL_ENDING_FLOOD,     /* one port said more than its limit */
	FL_ENDING_STOPPED,   /* the judge had seen enough */
	FL_ENDING_CANCELLED, /* the user's signal */
	FL_ENDING_QEMU	     /* the machine itself failed: refused, killed, crashed */
} FlEnding;

/* By what the guest did, and not at an instant of the host's. */
bool fl_ending_is_own(FlEnding ending);

const char *fl_ending_name(FlEnding ending); /* "exit", "reset", "no-boot", ... */
bool fl_ending_parse(const char *name, FlEnding *ret_ending);
