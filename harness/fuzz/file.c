// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a fuzz target: memory, so that a million of them do not wear out a disk.
 */
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	g_assert(fd >= 0 && ftruncate(fd, 0) == 0);
	g_assert(pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}
