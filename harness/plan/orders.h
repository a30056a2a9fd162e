/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The orders of one guest: the text that the runner reads at FL_WIRE_ORDERS_PATH. Pure.
 */
#pragma once

#include "plan/yields.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
	const char *nonce; /* FL_WIRE_NONCE_LEN hex digits */
	uint64_t seed;
	unsigned time_scale_milli; /* at least 1 */
	unsigned effort;	   /* at least 1: by what the tests multiply their rounds */
	bool deterministic;	   /* the machine must never be idle as a whole */
	bool shell;		   /* an interactive shell instead of the tests */
	bool save;		   /* only the boot, up to where other guests go on from */
	const FlYields *yields;	   /* NULL: no vCPU gives way but by itself */
	const GPtrArray *tests;	   /* of FlTest; NULL with save, may be NULL with shell */
} FlOrders;

/* The caller frees. Limits of the tests are multiplied by time_scale_milli and effort. */
char *fl_orders_text(const FlOrders *orders);

/* A nonce that the same inputs give again: the first digits of the hash of key, label and seed. */
char *fl_orders_nonce(const char *key, const char *label, uint64_t seed);

/* The longest that all tests may take together, in microseconds, scaled. */
uint64_t fl_orders_limit_us(const FlOrders *orders);
