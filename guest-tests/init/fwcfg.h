/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that QEMU hands to the guest (fw_cfg), without a driver of the kernel's: two I/O ports.
 */
#pragma once

#include <stddef.h>

#define FWCFG_PORT 0x510

/* The file's length, 0: it is not there, or longer than max. Needs ioperm for FWCFG_PORT and the next. */
size_t fwcfg_read(const char *name, char *to, size_t max);
