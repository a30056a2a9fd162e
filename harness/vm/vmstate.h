/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's life can come to: the state, what may happen, and what to do about it.
 * A pure function, so that every combination can be tested as a table.
 */
#pragma once

#include "plan/ending.h"

#include <stdbool.h>

typedef enum {
	FL_VMSTATE_BOOTING, /* nothing on the wire yet */
	FL_VMSTATE_RUNNING,
	FL_VMSTATE_GRACE,  /* it shall end, but may still print */
	FL_VMSTATE_KILLED, /* SIGKILL was sent */
	FL_VMSTATE_GONE	   /* QEMU is reaped */
} FlVmPhase;

typedef enum {
	FL_VMEVENT_WIRE,	  /* bytes on the wire */
	FL_VMEVENT_BOOT_LIMIT,	  /* the boot limit is over */
	FL_VMEVENT_SILENCE_LIMIT, /* the silence limit is over */
	FL_VMEVENT_TOTAL_LIMIT,	  /* the total limit is over */
	FL_VMEVENT_FLOOD,	  /* a port said more than its limit */
	FL_VMEVENT_STOP,	  /* fl_vm_stop: the judge had seen enough */
	FL_VMEVENT_CANCEL,	  /* fl_vm_stop with FL_ENDING_CANCELLED */
	FL_VMEVENT_GRACE_OVER,	  /* the grace time is over */
	FL_VMEVENT_PANICKED,	  /* the panic device spoke */
	FL_VMEVENT_RESET,	  /* QEMU: the guest reset */
	FL_VMEVENT_POWEROFF,	  /* QEMU: the guest powered off */
	FL_VMEVENT_QUIT_GUEST,	  /* QEMU is gone with FL_WIRE_EXIT_STATUS */
	FL_VMEVENT_QUIT_CLEAN,	  /* QEMU is gone with status 0 */
	FL_VMEVENT_QUIT_BAD,	  /* QEMU is gone any other way */
	FL_VMEVENT_N
} FlVmEvent;

typedef enum {
	FL_VMACTION_NONE,
	FL_VMACTION_GRACE, /* start the grace timer */
	FL_VMACTION_KILL,  /* kill QEMU now */
	FL_VMACTION_FINISH /* tell the end */
} FlVmAction;

typedef struct {
	FlVmPhase phase;
	FlEnding ending; /* FL_ENDING_UNKNOWN: not decided yet */
} FlVmState;

/* Moves *state on and says what to do. */
FlVmAction fl_vmstate_next(FlVmState *state, FlVmEvent event);
