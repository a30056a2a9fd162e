/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the machine as data to QEMU's options, the kernel's command line, and a script that
 * repeats the run by hand. Pure: looks at nothing but its arguments.
 */
#pragma once

#include "vm/vm.h"

/* In an option of QEMU a comma ends a value unless it is doubled. The caller frees. */
char *fl_qemu_escape(const char *value);

/* The program that a spec names, or the default one. */
const char *fl_qemu_program(const FlVmSpec *spec);

/*
 * Where the disks of a deterministic machine begin, in MiB of guest memory: below and above them
 * is ordinary memory. The kernel and firmware need the low part, QEMU puts the initramfs on top.
 */
unsigned fl_qemu_disks_at_mib(const FlVmSpec *spec);

/* NULL-terminated; free with g_strfreev. qmp_fd is a socket that QEMU inherits, -1: none. */
char **fl_qemu_argv(const FlVmSpec *spec, int qmp_fd);

/*
 * What of the machine is in no file and not said to the kernel: board, processors, clock, as options
 * in one line. The caller frees.
 */
char *fl_qemu_board(const FlVmSpec *spec);

/* The kernel's command line; caller frees. */
char *fl_qemu_cmdline(const FlVmSpec *spec);

/*
 * A shell script that starts the same machine: console on the terminal and in ./serial.log,
 * wire in ./wire.log; its own arguments are added to QEMU's ("-s -S" waits for gdb). Never traced,
 * which changes nothing of the machine.
 */
char *fl_qemu_script(const FlVmSpec *spec);
