// SPDX-License-Identifier: GPL-2.0-only
/*
 * A patch that a user gives, and what git might say of it. The input is the patch, a byte 0xff, and
 * git's words.
 */
#include "fuzz/fuzz.h"

#include "kernel/patchset.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *words = size ? memchr(data, 0xff, size) : NULL;
	size_t len = words ? (size_t)(words - data) : size;
	g_autofree char *patch = g_strndup((const char *)data, len);
	g_autofree char *said =
		words ? g_strndup((const char *)words + 1, size - len - 1) : g_strdup("");
	g_autofree char *text = NULL;
	g_autofree char *sentence = NULL;
	g_autoptr(GError) error = NULL;

	/* The terminating NUL of a file that was read is there as well. */
	if (!fl_patchset_check("fuzz.patch", patch, len, &text, &error)) {
		g_assert(error && strstr(error->message, "fuzz.patch"));
		return 0;
	}
	sentence = fl_patchset_explain("fuzz.patch", text, said);
	g_assert(*sentence);
	return 0;
}
