// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transition table of a guest's life.
 *
 * The first cause decides the ending, with one exception: when the judge had seen enough
 * (FL_ENDING_STOPPED), what the guest itself does within its grace time says more and replaces
 * it. Knows no process and no clock.
 */
#include "vm/vmstate.h"

#include <glib.h>

/* The guest's own act: counts unless something stronger came first. */
static void guest_act(FlVmState *state, FlEnding ending)
{
	bool open = state->ending == FL_ENDING_UNKNOWN || state->ending == FL_ENDING_STOPPED;

	if (open && state->phase != FL_VMSTATE_KILLED)
		state->ending = ending;
}

/* The harness ends it: whatever was decided before stays the reason. */
static FlVmAction end_it(FlVmState *state, FlEnding ending, FlVmPhase phase, FlVmAction action)
{
	if (state->ending == FL_ENDING_UNKNOWN)
		state->ending = ending;
	state->phase = phase;
	return action;
}

static FlVmAction finish(FlVmState *state, FlEnding ending)
{
	if (state->ending == FL_ENDING_UNKNOWN)
		state->ending = ending;
	state->phase = FL_VMSTATE_GONE;
	return FL_VMACTION_FINISH;
}

static FlVmAction alive(FlVmState *state, FlVmEvent event)
{
	bool booting = state->phase == FL_VMSTATE_BOOTING;
	bool graced = state->phase == FL_VMSTATE_GRACE;

	switch (event) {
	case FL_VMEVENT_WIRE:
		if (booting)
			state->phase = FL_VMSTATE_RUNNING;
		return FL_VMACTION_NONE;
	case FL_VMEVENT_BOOT_LIMIT:
		if (!booting)
			return FL_VMACTION_NONE;
		return end_it(state, FL_ENDING_NO_BOOT, FL_VMSTATE_KILLED, FL_VMACTION_KILL);
	case FL_VMEVENT_SILENCE_LIMIT:
		/* Before boot the boot limit is the judge of it, in the grace time the grace. */
		if (booting || graced)
			return FL_VMACTION_NONE;
		return end_it(state, FL_ENDING_SILENCE, FL_VMSTATE_KILLED, FL_VMACTION_KILL);
	case FL_VMEVENT_TOTAL_LIMIT:
		return end_it(state, FL_ENDING_TOTAL, FL_VMSTATE_KILLED, FL_VMACTION_KILL);
	case FL_VMEVENT_FLOOD:
		return end_it(state, FL_ENDING_FLOOD, FL_VMSTATE_KILLED, FL_VMACTION_KILL);
	case FL_VMEVENT_STOP:
		if (graced)
			return FL_VMACTION_NONE;
		return end_it(state, FL_ENDING_STOPPED, FL_VMSTATE_GRACE, FL_VMACTION_GRACE);
	case FL_VMEVENT_CANCEL:
		/* The user's word counts also while the guest is on its way out. */
		state->ending = FL_ENDING_CANCELLED;
		return end_it(state, FL_ENDING_CANCELLED, FL_VMSTATE_GRACE, FL_VMACTION_GRACE);
	case FL_VMEVENT_GRACE_OVER:
		return end_it(state, FL_ENDING_STOPPED, FL_VMSTATE_KILLED, FL_VMACTION_KILL);
	case FL_VMEVENT_PANICKED:
		/* It prints on and resets; the grace is for a kernel that hangs in its own panic. */
		guest_act(state, FL_ENDING_PANIC);
		if (graced)
			return FL_VMACTION_NONE;
		state->phase = FL_VMSTATE_GRACE;
		return FL_VMACTION_GRACE;
	case FL_VMEVENT_RESET:
		guest_act(state, FL_ENDING_RESET);
		return FL_VMACTION_NONE;
	case FL_VMEVENT_POWEROFF:
		guest_act(state, FL_ENDING_POWEROFF);
		return FL_VMACTION_NONE;
	case FL_VMEVENT_QUIT_GUEST:
		guest_act(state, FL_ENDING_EXIT);
		return finish(state, FL_ENDING_EXIT);
	case FL_VMEVENT_QUIT_CLEAN:
	case FL_VMEVENT_QUIT_BAD:
		/* QEMU ended and the guest had not asked for it. */
		return finish(state, FL_ENDING_QEMU);
	case FL_VMEVENT_N:
		break;
	}
	g_assert_not_reached();
}

FlVmAction fl_vmstate_next(FlVmState *state, FlVmEvent event)
{
	bool quits = event == FL_VMEVENT_QUIT_GUEST || event == FL_VMEVENT_QUIT_CLEAN ||
		     event == FL_VMEVENT_QUIT_BAD;

	switch (state->phase) {
	case FL_VMSTATE_BOOTING:
	case FL_VMSTATE_RUNNING:
	case FL_VMSTATE_GRACE:
		return alive(state, event);
	case FL_VMSTATE_KILLED:
		return quits ? finish(state, FL_ENDING_QEMU) : FL_VMACTION_NONE;
	case FL_VMSTATE_GONE:
		return FL_VMACTION_NONE;
	}
	g_assert_not_reached();
}
