/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether two logs are the same bytes, and where they part. Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
	bool same; /* every byte of the shorter one is in the other at its place, and none follows */
	bool prefix;	    /* the shorter one is the beginning of the other */
	unsigned line;	    /* the first that differs, from 1; 0: none does */
	char *before, *now; /* that line in each, printable; NULL: there is none */
} FlWitness;

void fl_witness_compare(const char *before, size_t before_len, const char *now, size_t now_len,
			FlWitness *ret_witness);

void fl_witness_clear(FlWitness *witness);
