/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Talks to the probe driver (modules/probe_device.c).
 */
#pragma once

#include "fl_probe.h"

#include <stdbool.h>

/* Skips the whole test where the image has no probe driver; fails where it did not load. */
void ft_probe_need(void);

/* A fresh file of one of the two devices. Fails the case when it cannot. */
int ft_probe_open(bool with_map_pages);

struct fl_probe_counts ft_probe_counts(int fd);

/* Fails the case when a call came without the lock that it was promised. */
void ft_probe_expect_promises(int fd);

/*
 * Fails the case when the lock of the VMA at addr, or this process' mmap_lock, is held or its
 * count is off, though nobody uses them. Any mapping of this process will do. The message begins
 * with what came before: "64 retried faults".
 */
void ft_probe_expect_unlocked(const void *addr, const char *after);

/* How mappings of this file are made up from now on: FL_PROBE_HAS_MAP_PAGES and so on. */
void ft_probe_shape(int fd, unsigned shape);

/* What the next so many calls of this kind answer; 0 takes an order back. */
void ft_probe_order(int fd, enum fl_probe_call call, enum fl_probe_answer answer, unsigned times);

/* Waits until a call is held in the driver, and lets the held calls go on. */
void ft_probe_await_held(int fd);
void ft_probe_release(int fd);

struct fl_probe_pages ft_probe_pages(int fd);

/*
 * Fails the case unless so many pages of the file are mapped, each with one reference for it, no
 * other page has one, and none is locked. The message begins with what came before.
 */
void ft_probe_expect_mapped(int fd, unsigned mapped, const char *after);
