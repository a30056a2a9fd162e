// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evicts by POSIX_FADV_DONTNEED. A page that is on another CPU's list of fresh pages is busy
 * until that list is emptied, so the call is made again, a bounded number of times.
 */
#include "ft_cache.h"
#include "ft.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TRIES	 20
#define STEP_MS	 10
#define LIMIT_MS 5000 /* a thousand times what a read takes; scaled */

size_t ft_cache_resident(int fd, size_t bytes)
{
	size_t pages = bytes / FT_PAGE, n = 0;
	unsigned char *in_core = malloc(pages);
	void *addr = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	if (!in_core || addr == MAP_FAILED || mincore(addr, bytes, in_core) < 0)
		ft_fail_errno("mincore");
	for (size_t i = 0; i < pages; i++)
		n += in_core[i] & 1;
	munmap(addr, bytes);
	free(in_core);
	return n;
}

int ft_cache_file(const char *folder, size_t pages, char (*byte_of)(size_t page))
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char bytes[FT_PAGE];

	if (fd < 0)
		ft_fail_errno(folder);
	for (size_t page = 0; page < pages; page++) {
		memset(bytes, byte_of(page), FT_PAGE);
		if (pwrite(fd, bytes, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail_errno("pwrite");
	}
	if (fsync(fd) < 0)
		ft_fail_errno("fsync");
	return fd;
}

void ft_cache_await(int fd, size_t bytes)
{
	struct ft_limit limit = ft_limit_new(LIMIT_MS);

	while (ft_cache_resident(fd, bytes) < bytes / FT_PAGE) {
		if (ft_limit_is_over(&limit))
			ft_fail("pages that are read from a disk did not arrive within %d ms",
				ft_scaled_ms(LIMIT_MS));
		poll(NULL, 0, 1);
	}
}

void ft_cache_evict(int fd, size_t bytes)
{
	size_t left = 0;

	for (int i = 0; i < TRIES; i++) {
		if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
			ft_fail_errno("POSIX_FADV_DONTNEED");
		left = ft_cache_resident(fd, bytes);
		if (!left)
			return;
		poll(NULL, 0, STEP_MS);
	}
	ft_fail("%zu clean, unmapped pages stay in the page cache after POSIX_FADV_DONTNEED", left);
}
