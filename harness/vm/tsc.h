/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rate of the host's time-stamp counter, which a guest's counter follows under TCG and KVM.
 */
#pragma once

/* In kHz; takes about 20 ms. The host's counter is assumed to be constant, as on all of today's. */
unsigned fl_tsc_khz(void);

/* What a guest's counter runs at where QEMU counts instructions: one a nanosecond of its clock. */
#define FL_TSC_ICOUNT_KHZ 1000000u
