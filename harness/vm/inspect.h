/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What QEMU can tell of a guest that does not answer: registers, memory, how much of the host its
 * vCPUs get. Needs nothing of the guest, and interprets nothing of what it reads.
 *
 * Every call ends by the time that fl_inspect_new was given.
 */
#pragma once

#include "vm/qmp.h"

#include <stddef.h>
#include <stdint.h>

typedef struct FlInspect FlInspect;

/* qmp is borrowed. scratch: a file name for QEMU to write to; it is removed. */
FlInspect *fl_inspect_new(FlQmp *qmp, int qemu_pid, const char *scratch, unsigned memory_mib,
			  uint64_t budget_us);
/* Leaves the guest as it is, stopped or not. */
void fl_inspect_free(FlInspect *inspect);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlInspect, fl_inspect_free)

/* Stops and continues every vCPU. */
bool fl_inspect_stop(FlInspect *inspect, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool fl_inspect_go_on(FlInspect *inspect, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The registers of every vCPU as QEMU prints them ("info registers -a"); caller frees. */
char *fl_inspect_registers(FlInspect *inspect, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of uint64_t: host CPU time of each vCPU's thread in ms; NULL when it cannot be known. */
GArray *fl_inspect_cpu_ms(FlInspect *inspect);

/* Reads the guest's RAM; false: there is none, or QEMU does not answer. data is the FlInspect. */
bool fl_inspect_memory(uint64_t physical, void *bytes, size_t len, gpointer data);
