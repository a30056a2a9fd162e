// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the orders file: one order a line, nothing guessed, an unknown line is an error. Never
 * carries anything out.
 */
#include "orders.h"

#include <stdio.h>
#include <string.h>

static bool add_test(struct orders *orders, const char *line)
{
	struct order *order = &orders->tests[orders->n_tests];

	if (orders->n_tests == ORDERS_TESTS_MAX)
		return false;
	if (sscanf(line, "test %u %63s %u", &order->number, order->name, &order->limit_ms) != 3)
		return false;
	orders->n_tests++;
	return true;
}

static bool add_module(struct orders *orders, const char *name)
{
	size_t len = strlen(name);

	if (orders->n_modules == FL_WIRE_MODULES_MAX || !len || len >= ORDERS_NAME_MAX)
		return false;
	memcpy(orders->modules[orders->n_modules++], name, len + 1);
	return true;
}

/* "handle_mm_fault+0x1c" */
static bool add_point(struct orders *orders, const char *place)
{
	struct order_point *point = &orders->points[orders->n_points];
	size_t len = strcspn(place, "+");

	if (orders->n_points == FL_WIRE_YIELDS_MAX || !len || len > FL_WIRE_SYMBOL_MAX ||
	    sscanf(place + len, "+0x%x", &point->offset) != 1)
		return false;
	memcpy(point->function, place, len);
	orders->n_points++;
	return true;
}

static bool add_word(struct orders *orders, const char *word)
{
	struct order *order = orders->n_tests ? &orders->tests[orders->n_tests - 1] : NULL;

	if (!order || order->n_words == FL_WIRE_WORDS_MAX)
		return false;
	order->words[order->n_words] = strdup(word);
	return order->words[order->n_words++] != NULL;
}

static bool set_expect(struct orders *orders, const char *value)
{
	struct order *order = orders->n_tests ? &orders->tests[orders->n_tests - 1] : NULL;

	if (!order)
		return false;
	order->ktap = strcmp(value, "ktap") == 0;
	return order->ktap || sscanf(value, "%d", &order->status) == 1;
}

static bool take_line(struct orders *orders, const char *line)
{
	unsigned proto;
	char mode[8];

	if (!*line)
		return true;
	if (sscanf(line, "proto %u", &proto) == 1)
		return proto == FL_WIRE_PROTO;
	if (sscanf(line, "nonce %16s", orders->nonce) == 1)
		return strlen(orders->nonce) == FL_WIRE_NONCE_LEN;
	if (sscanf(line, "seed %llu", &orders->seed) == 1)
		return true;
	if (sscanf(line, "time_scale_milli %u", &orders->scale_milli) == 1)
		return orders->scale_milli > 0;
	if (sscanf(line, "effort %u", &orders->effort) == 1)
		return orders->effort > 0;
	if (sscanf(line, "deterministic %u", &orders->deterministic) == 1)
		return orders->deterministic == 1;
	if (sscanf(line, "mode %7s", mode) == 1) {
		orders->shell = strcmp(mode, "shell") == 0;
		orders->save = strcmp(mode, "save") == 0;
		return orders->shell || orders->save || strcmp(mode, "run") == 0;
	}
	if (sscanf(line, "yields %u %u", &orders->yield_depth, &orders->yield_hits) == 2)
		return orders->yield_depth > 0 && orders->yield_hits > 0;
	if (strncmp(line, "yield_at ", 9) == 0)
		return add_point(orders, line + 9);
	if (strncmp(line, "module ", 7) == 0)
		return add_module(orders, line + 7);
	if (strncmp(line, "expect ", 7) == 0)
		return set_expect(orders, line + 7);
	if (strncmp(line, "arg ", 4) == 0)
		return add_word(orders, line + 4);
	return add_test(orders, line);
}

/* Closes the file. */
static unsigned read_lines(struct orders *orders, FILE *file)
{
	char line[FL_WIRE_WORD_MAX + 16];
	unsigned number = 0;

	memset(orders, 0, sizeof(*orders));
	memset(orders->nonce, '0', FL_WIRE_NONCE_LEN);
	orders->scale_milli = 1000;
	orders->effort = 1;
	while (fgets(line, sizeof(line), file)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (!take_line(orders, line)) {
			fclose(file);
			return number;
		}
	}
	fclose(file);
	return 0;
}

unsigned orders_read(struct orders *orders, const char *path)
{
	FILE *file = fopen(path, "re");

	return file ? read_lines(orders, file) : ORDERS_NO_FILE;
}

unsigned orders_parse(struct orders *orders, char *text, size_t len)
{
	FILE *file = len ? fmemopen(text, len, "r") : NULL;

	return file ? read_lines(orders, file) : ORDERS_NO_FILE;
}
