/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a log in which the kernel's banner comes again is of two boots, or of one whose log somebody
 * printed (dmesg on the console). Only the lines behind the banner tell: a copy has the very times of the
 * first boot.
 */
#pragma once

#include "judge/lines.h"

typedef struct FlBoots FlBoots;

typedef enum {
	FL_BOOTS_UNTOLD,
	FL_BOOTS_ANOTHER,
	FL_BOOTS_COPY,
} FlBootsNews;

FlBoots *fl_boots_new(void);
void fl_boots_free(FlBoots *boots);

/* A banner: from the next line on it is told of what. */
void fl_boots_banner(FlBoots *boots);

/* Any line of the kernel behind a banner. Once a banner, at the line that tells it, what it was of. */
FlBootsNews fl_boots_line(FlBoots *boots, const FlLine *line);

/* Whether a banner has come of which nothing was told. */
bool fl_boots_is_open(const FlBoots *boots);
