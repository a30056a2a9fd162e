/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 of bytes, of files, and of ordered lists of named inputs (content keys).
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* 64 lower-case hex digits; the caller frees. */
char *fl_hash_bytes(const void *data, size_t len);

/* The same of a file's content; NULL and an error that names the file. */
char *fl_hash_file(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The content key of a JSON object: the hash of its canonical text (keys sorted, no spaces).
 * The object itself is then the readable explanation of the key.
 */
char *fl_hash_json(const json_t *inputs);
