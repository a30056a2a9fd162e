/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test put up and did not take down: mounts, swap areas, devices of the device mapper. It
 * would be in the way of every later test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Takes all of it down. False when there was something; reason names the first of it. */
bool leftovers_clear(char *reason, size_t size);
