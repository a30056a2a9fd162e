// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only libiberty caller.
 */
#include "judge/demangle.h"

#include <glib.h>
#include <libiberty/demangle.h>
#include <stdbool.h>
#include <stdlib.h>

/*
 * A name may refer back to parts of itself, and these again: 240 bytes can stand for 400 MB. The letter
 * of such a reference is counted wherever it stands, which leaves some long names as they are.
 */
enum { MOST_BACK_REFERENCES = 16 };

static bool is_small(const char *symbol)
{
	unsigned references = 0;

	for (; *symbol; symbol++)
		references += *symbol == 'B';
	return references <= MOST_BACK_REFERENCES;
}

/* The two manglings of Rust: v0 (RFC 2603), and that of C++ which was used before. */
static bool is_mangled(const char *symbol)
{
	return g_str_has_prefix(symbol, "_R") || g_str_has_prefix(symbol, "_ZN");
}

char *fl_demangle(const char *symbol)
{
	bool is_rust = is_mangled(symbol) && is_small(symbol);
	char *plain = is_rust ? rust_demangle(symbol, DMGL_NO_OPTS) : NULL;
	char *name = g_strdup(plain ? plain : symbol);

	free(plain);
	return name;
}
