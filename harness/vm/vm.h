/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One guest's life: start QEMU, hand on what its two serial ports say, watch the clock, end it,
 * and tell how it ended. Interprets nothing that the guest says.
 *
 * The ports are files that QEMU itself writes (evidence survives the harness); they are followed
 * with inotify. QEMU is told to die with the harness.
 */
#pragma once

#include "plan/ending.h"
#include "vm/inspect.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_VM_ERROR fl_vm_error_quark()
GQuark fl_vm_error_quark(void);
typedef enum { FL_VM_ERROR_MISSING, FL_VM_ERROR_START, FL_VM_ERROR_FAILED } FlVmError;

typedef enum { FL_VM_CONSOLE, FL_VM_WIRE, FL_VM_N_PORTS } FlVmPort;

typedef struct {
	const char *name;  /* virtio serial: how the guest finds it */
	const char *path;  /* raw; never written to */
	unsigned iops;	   /* requests a second that are let through; 0: all */
	uint64_t bps;	   /* bytes a second; 0: all */
	unsigned size_mib; /* only needed where the machine is deterministic */
} FlVmDisk;

/* How a deterministic guest is traced by the plugin (plugin/format.h). All borrowed, NULL: without. */
typedef struct {
	const char *plugin; /* fl_trace.so */
	const char *out;    /* gets the checkpoints */
	const char *blocks; /* gets the blocks of one interval: */
	const char *like;   /* of the first that is not as in this older trace; NULL: */
	uint64_t interval;  /* of that one, from 0 */
	const char *watch;  /* addresses of instructions */
	const char *events; /* gets each time that one of them ran */
} FlVmTrace;

/* Where a guest that waits for gdb listens; not reachable from elsewhere. */
#define FL_VM_GDB "127.0.0.1:1234"

/*
 * Guests that go on from one boot. The machine must be the same in everything that is given here or
 * in FlVmSpec but for the limits, the evidence and what the kernel is told.
 */
typedef struct {
	const char *ram; /* file of the guest's memory: made by the boot, later copied on write */
	const char *ram_high; /* of that above the disks, where these are memory of the guest */
	/* NULL: the guest boots, to be saved. */
	const char *state;   /* file of everything else, by fl_vm_save */
	const char *orders;  /* file that the guest reads as FL_WIRE_ORDERS_FW_CFG */
	const char *console; /* what the console said before: its log begins with it */
} FlVmFork;

/* A limit is over and the guest is about to be killed: the last moment to look at it. */
typedef void (*FlVmLimitFn)(FlEnding kind, gpointer data);

/* The machine, as plain data. Zero-initialise. All borrowed. */
typedef struct {
	const char *qemu; /* program; NULL: "qemu-system-x86_64" */
	const char *bzimage;
	const char *initrd;
	const char *append; /* more kernel command line; may be NULL */
	unsigned cpus;	    /* 1..8 */
	unsigned memory_mib;
	const char *accel; /* "tcg" or "kvm" */
	uint64_t seed;
	/*
	 * One vCPU at a time, by a clock that counts instructions (-icount): the same machine and the
	 * same input give the same bytes. Needs "tcg". Disks are memory of the guest (pmem), in their
	 * order; QEMU's control socket stays shut.
	 */
	bool deterministic;
	const FlVmTrace *trace;	  /* or NULL; needs deterministic */
	const char *pause_plugin; /* fl_pause.so: vCPUs give way while they spin; or NULL */
	bool gdb;		  /* waits for gdb on FL_VM_GDB before the first instruction */
	const FlVmFork *fork;	  /* NULL: boots, with memory of its own */
	const FlVmDisk *disks;
	size_t n_disks;
	unsigned tsc_khz;    /* rate of the guest's time-stamp counter; 0: it measures it itself */
	unsigned watchdog_s; /* the guest kernel's own watchdogs (hung task, soft lockup, RCU) */
	/* Evidence, created by the VM: */
	const char *console_path; /* serial.log */
	const char *wire_path;
	const char *stderr_path;  /* what QEMU itself says */
	const char *command_path; /* command.sh */
	/* Limits, 0: none. */
	uint64_t boot_us; /* to the first byte on the wire */
	uint64_t
		silence_us; /* without a byte on either port after boot; twice it on the wire alone */
	uint64_t total_us;
	uint64_t console_max; /* bytes on either port before the guest is stopped as a flood */
	FlVmLimitFn on_limit; /* or NULL */
} FlVmSpec;

typedef struct {
	FlEnding kind;
	char *detail;		/* one sentence; QEMU's own last words for FL_ENDING_QEMU */
	int wait_status;	/* of QEMU */
	uint64_t start_us;	/* monotonic time of the spawn */
	uint64_t first_wire_us; /* since the spawn; 0: never */
	uint64_t end_us;	/* since the spawn */
} FlVmEnd;

typedef struct FlVm FlVm;

/* Bytes as they came, t_us since the spawn. Valid for the call only. */
typedef void (*FlVmBytesFn)(FlVmPort port, const char *bytes, size_t len, uint64_t t_us,
			    gpointer data);
/* Once, when QEMU is gone and every byte has been handed on. end belongs to the VM. */
typedef void (*FlVmEndFn)(const FlVmEnd *end, gpointer data);

FlVm *fl_vm_start(const FlVmSpec *spec, FlVmBytesFn on_bytes, FlVmEndFn on_end, gpointer data,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the guest after a grace time, in which it may still print. Idempotent. */
void fl_vm_stop(FlVm *vm, FlEnding kind, uint64_t grace_us);

/*
 * A look from outside, as long as the guest has not ended; NULL: a deterministic guest has no
 * control socket. scratch: a file that may be written. The caller frees it before the VM.
 */
FlInspect *fl_vm_inspect(FlVm *vm, const char *scratch, uint64_t budget_us);

/*
 * Stops a guest and saves all of it but its memory, which is in its file already. It is of no more
 * use then than to be ended.
 */
bool fl_vm_save(FlVm *vm, const char *state, uint64_t budget_us,
		GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Kills what still runs, without a call of on_end. */
void fl_vm_free(FlVm *vm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlVm, fl_vm_free)
