// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzz target without a fuzzer: runs it once on each file of a folder, and ends as the target
 * ends. The last line says on how many.
 */
#include "fuzz/fuzz.h"

static void replay(const char *path)
{
	g_autofree char *bytes = NULL;
	size_t len;

	g_assert(g_file_get_contents(path, &bytes, &len, NULL));
	LLVMFuzzerTestOneInput((const uint8_t *)bytes, len);
}

int main(int argc, char **argv)
{
	GDir *dir = argc == 2 ? g_dir_open(argv[1], 0, NULL) : NULL;
	const char *name;
	unsigned n = 0;

	if (!dir) {
		g_printerr("usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (; (name = g_dir_read_name(dir)); n++) {
		g_autofree char *path = g_build_filename(argv[1], name, NULL);

		replay(path);
	}
	g_dir_close(dir);
	g_print("%u inputs\n", n);
	return n ? 0 : 1;
}
