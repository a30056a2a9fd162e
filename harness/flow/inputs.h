/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inputs.json: everything that decides what a guest does, by hash where it has many bytes. Pure.
 */
#pragma once

#include "flow/parts.h"

/* What the machine is made of, whatever it is told to do. */
json_t *fl_inputs_machine(const FlParts *parts, const FlKernel *kernel);

/* The whole of one guest; its record has all but its end. */
json_t *fl_inputs_guest(const FlParts *parts, const FlPartsKernel *kernel,
			const FlGuestRecord *guest);

/* The hash of these of several guests (of json_t), but for what follows from a seed; caller frees. */
char *fl_inputs_key(const GPtrArray *inputs);
