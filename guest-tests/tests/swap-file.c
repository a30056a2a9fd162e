// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that nobody stores through a mapping to a file that the kernel swaps to: such a store is a
 * SIGBUS, the first one to a page as well as one to a page that was read before, and goes through
 * again when the file is an ordinary one.
 *
 * The check is made once for all file systems, before ->page_mkwrite. A kernel without it lets a
 * program write what others will get back as their memory.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_trap.h"
#include "table.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#define DISK  "ext4"
#define PATH  "/mnt/" DISK "/swap-file"
#define PAGES 32
#define PAGE  8 /* any but that of the header */
#define VALUE 1

/* A swap area's first page, without what mkswap adds for people; include/linux/swap.h. */
struct header {
	char boot[1024];
	uint32_t version, last_page, bad_pages;
	char unused[FT_PAGE - 1024 - 3 * sizeof(uint32_t) - 10];
	char magic[10]; /* without an end */
};

/* Swap has no holes: all of it is written. */
static int make_file(void)
{
	static const struct header header = {
		.version = 1, .last_page = PAGES - 1, .magic = "SWAPSPACE2"};
	static const char zeros[FT_PAGE];
	int fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		ft_fail_errno(PATH);
	for (unsigned page = 0; page < PAGES; page++)
		if (write(fd, page ? (const void *)zeros : &header, FT_PAGE) != FT_PAGE)
			ft_fail_errno("write of a swap file");
	if (fsync(fd) < 0)
		ft_fail_errno("fsync of a swap file");
	return fd;
}

static void store_beside_swap(const void *arg)
{
	const bool *reads_first = arg;
	int fd = make_file();
	char *addr = mmap(NULL, PAGES * FT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *at = addr + PAGE * FT_PAGE;
	struct ft_trap trap;

	if (addr == MAP_FAILED)
		ft_fail_errno("mmap");
	ft_trap_prepare();
	if (*reads_first && *(volatile char *)at)
		ft_fail("a file of zeros is not zero");
	if (swapon(PATH, 0) < 0)
		ft_fail_errno("swapon " PATH);
	trap = ft_trap_store(at, VALUE);
	if (swapoff(PATH) < 0)
		ft_fail_errno("swapoff " PATH);
	ft_trap_expect(&trap, SIGBUS, at, "a store to a file that the kernel swaps to");
	trap = ft_trap_store(at, VALUE);
	ft_trap_expect_none(&trap, "a store to a file that the kernel swapped to");
	munmap(addr, PAGES * FT_PAGE);
	close(fd);
	unlink(PATH);
}

static void run(const struct ft_test *test)
{
	static const bool no = false, yes = true;

	(void)test;
	ft_disk_mount(DISK);
	ft_plan(2);
	ft_case(store_beside_swap, &no, "first-store");
	ft_case(store_beside_swap, &yes, "read-first");
	ft_disk_release(DISK);
}

const struct ft_test swap_file = {
	.name = "swap-file",
	.summary = "a store to a file that the kernel swaps to is a SIGBUS",
	.timeout_ms = 10000,
	.memory_mib = 64,
	.disks = DISK,
	.config = "CONFIG_SWAP CONFIG_EXT4_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
