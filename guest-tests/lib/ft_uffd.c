// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens and registers, and nothing more: who answers the events is the test.
 */
#include "ft_uffd.h"
#include "ft.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int ft_uffd_open(const void *addr, size_t bytes, uint64_t features, uint64_t mode)
{
	struct uffdio_api api = {.api = UFFD_API, .features = features};
	struct uffdio_register reg = {.range = {(uintptr_t)addr, bytes}, .mode = mode};
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0)
		ft_fail_errno("userfaultfd");
	if (ioctl(uffd, UFFDIO_API, &api) < 0)
		ft_fail_errno("UFFDIO_API");
	if (ioctl(uffd, UFFDIO_REGISTER, &reg) < 0)
		ft_fail_errno("UFFDIO_REGISTER");
	return uffd;
}
