/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run's orders (fl_wire.h, FL_WIRE_ORDERS_PATH) as data. Read once and kept.
 */
#pragma once

#include "fl_wire.h"

#include <stdbool.h>
#include <stddef.h>

#define ORDERS_TESTS_MAX 256
#define ORDERS_NAME_MAX	 64

struct order {
	unsigned number;
	unsigned limit_ms;
	char name[ORDERS_NAME_MAX];
	unsigned n_words; /* of a program; 0: a test of ft-tests */
	char *words[FL_WIRE_WORDS_MAX + 1];
	bool ktap;  /* its standard output decides as well */
	int status; /* that it must have; with ktap 0 */
};

struct order_point {
	char function[FL_WIRE_SYMBOL_MAX + 1];
	unsigned offset;
};

struct orders {
	char nonce[FL_WIRE_NONCE_LEN + 1];
	unsigned long long seed;
	unsigned scale_milli, effort;
	bool shell, save;
	unsigned deterministic;
	unsigned n_modules;
	char modules[FL_WIRE_MODULES_MAX][ORDERS_NAME_MAX];
	unsigned yield_depth, yield_hits; /* 0: nobody yields */
	unsigned n_points;
	struct order_point points[FL_WIRE_YIELDS_MAX];
	unsigned n_tests;
	struct order tests[ORDERS_TESTS_MAX];
};

/* Whatever they were before. Zero, or the number of the line that is not an order; a file that is missing is line 0xffff. */
#define ORDERS_NO_FILE 0xffff
unsigned orders_read(struct orders *orders, const char *path);

/* The same of a text, which is none if it is empty. Words stay allocated: this is for once. */
unsigned orders_parse(struct orders *orders, char *text, size_t len);
