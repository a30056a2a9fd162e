/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the room's files share: its errors, and reading an input that may not be there.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define FL_IMAGE_ERROR fl_image_error_quark()
GQuark fl_image_error_quark(void);
typedef enum {
	FL_IMAGE_ERROR_MISSING, /* an input file is not there; the text says how to get it */
	FL_IMAGE_ERROR_FAILED
} FlImageError;

/* Reads a whole file. `remedy` ends the sentence when it is missing: "run `make guest`". */
GBytes *fl_image_load(const char *path, const char *remedy,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a program that the guest runs: it must be static, the guest has no libraries. */
GBytes *fl_image_load_program(const char *path, const char *remedy,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The dynamic loader that a program asks for; NULL for a static program and for what is no ELF. */
bool fl_image_interpreter(const char *path, char **ret_loader,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;
