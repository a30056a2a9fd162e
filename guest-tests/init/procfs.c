// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads until the buffer is full or the file ends: /proc gives a long file in pieces.
 */
#include "procfs.h"

#include <fcntl.h>
#include <unistd.h>

bool procfs_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return false;
	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	return len > 0;
}
