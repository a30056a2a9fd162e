/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run's orders (fl_wire.h, FL_WIRE_ORDERS_PATH) as data.
 */
#pragma once

#include "fl_wire.h"

#include <stdbool.h>

#define ORDERS_TESTS_MAX 256
#define ORDERS_NAME_MAX	 64

struct order {
	unsigned number;
	unsigned limit_ms;
	char name[ORDERS_NAME_MAX];
};

struct orders {
	char nonce[FL_WIRE_NONCE_LEN + 1];
	unsigned long long seed;
	unsigned scale_milli, effort;
	bool shell;
	unsigned deterministic;
	unsigned n_tests;
	struct order tests[ORDERS_TESTS_MAX];
};

/* Zero, or the number of the line that is not an order; a file that is missing is line 0xffff. */
#define ORDERS_NO_FILE 0xffff
unsigned orders_read(struct orders *orders, const char *path);
