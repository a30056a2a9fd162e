/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which kind of hang it is, from what the vCPUs do and what the blocked tasks wait for. Pure.
 *
 * "deadlock" (a lock that nobody will release), "lock-held" (its holder is alive), "blocked"
 * (asleep for something else), "livelock" (at every look a vCPU ran in the same functions of the
 * kernel) and "user-livelock" (in user space), "busy" (it ran, and more is not known), "dead-cpu"
 * (halted for ever), "starved" (the host gave the vCPUs no time), "idle" (nothing to do: what it
 * had to say did not come through), "unknown".
 */
#pragma once

#include "judge/blocked.h"
#include "judge/guestcpu.h"

/**
 * The kind, one of the above.
 *
 * @param cpus          of FlGuestCpu
 * @param blocked       of FlBlocked; NULL: not known
 * @param ret_sentence  what led to it, without an end; caller frees
 */
const char *fl_diagnosis(const GPtrArray *cpus, const GPtrArray *blocked, char **ret_sentence);
