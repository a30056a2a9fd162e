/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test program does when a test starts it again as another program.
 */
#pragma once

/* Asks the vDSO for the time and the CPU; its exit status is 0 when both answers can be. */
#define FT_CHILD_VDSO "--child-vdso"
int ft_child_vdso(void);
