/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's text files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* As much of the file as fits, and a NUL; false when it is not there or has nothing in it. */
bool procfs_read(const char *path, char *text, size_t size);
