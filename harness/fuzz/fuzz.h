/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every fuzz target needs. A target is one function that libFuzzer calls with an input; a
 * crash, a sanitizer's report, a failed assertion or a leak is a finding.
 */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file with these bytes and the name by which it can be opened; the same one each time. */
const char *fuzz_file(const uint8_t *data, size_t size);
