// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that no memory is lost in faults that fail or come and go, by doing each so often that a
 * page lost in each is far above the noise of the books that PID 1 compares after the test (a few
 * MiB): private and shared stores past the end of a file, stores that find no block on a full
 * ext4, private copies made and dropped, and a perf ring buffer mapped, read, stored to and
 * unmapped. And that no promise of memory is (Committed_AS), where a private mapping becomes writable,
 * and where one moves.
 *
 * A kernel that forgets to put the page that it took for the copy, the page that it locked for
 * page_mkwrite, or the one that ->fault gave it, is 16 MiB and more short here.
 */
#include "ft.h"
#include "ft_perf.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_trap.h"
#include "table.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS	       6144 /* 24 MiB of pages */
#define FULL_PAGES     5120 /* of a disk of 8 MiB: 12 MiB are without a block */
#define RING_PAGES     256
#define RING_ROUNDS    32
#define PROMISED_PAGES 256

static void store_past_end(const void *arg)
{
	const bool *private = arg;
	struct ft_map map = ft_map_with(FT_MEMFD, 2, PROT_READ | PROT_WRITE,
					*private ? MAP_PRIVATE : MAP_SHARED);
	char *at = map.addr + FT_PAGE;

	ft_trap_prepare();
	if (ftruncate(map.fd, FT_PAGE) < 0)
		ft_fail_errno("ftruncate");
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ft_trap trap = ft_trap_store(at, 1);

		ft_trap_expect(&trap, SIGBUS, at, "a store past the end of a file");
	}
	ft_metric_add("sigbus", ROUNDS);
	ft_map_free(&map);
}

static void copy_and_drop(const void *arg)
{
	struct ft_map map = ft_map_with(FT_TMPFS, 64, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	(void)arg;
	for (unsigned i = 0; i < ROUNDS / 64; i++) {
		for (size_t page = 0; page < 64; page++)
			((volatile char *)map.addr)[page * FT_PAGE] = 1;
		if (madvise(map.addr, map.bytes, MADV_DONTNEED) < 0)
			ft_fail_errno("MADV_DONTNEED");
	}
	ft_metric_add("copies", ROUNDS);
	ft_map_free(&map);
}

/* Twice: the first round takes the blocks there are, the second finds none for the rest. */
static void store_without_block(const void *arg)
{
	int fd = open("/mnt/ext4-small", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	size_t bytes = FULL_PAGES * (size_t)FT_PAGE, failed = 0;
	char *addr;

	(void)arg;
	ft_trap_prepare();
	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
		ft_fail_errno("a sparse file on ext4");
	addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (addr == MAP_FAILED)
		ft_fail_errno("mmap");
	for (size_t i = 0; i < 2 * FULL_PAGES; i++) {
		char *at = addr + i % FULL_PAGES * FT_PAGE;
		struct ft_trap trap = ft_trap_store(at, 1);

		if (trap.signum)
			ft_trap_expect(&trap, SIGBUS, at, "a store without a block");
		failed += trap.signum != 0;
	}
	if (failed < FULL_PAGES)
		ft_fail("only %zu of %u stores found no block on a disk of half that size", failed,
			2 * FULL_PAGES);
	ft_metric_add("sigbus", failed);
	munmap(addr, bytes);
	close(fd);
}

/* The first page has ->page_mkwrite, and data_tail in it is the program's; the others are data. */
static void map_ring(const void *arg)
{
	size_t bytes = (RING_PAGES + 1) * (size_t)FT_PAGE;
	int fd = ft_perf_open();

	(void)arg;
	for (unsigned i = 0; i < RING_ROUNDS; i++) {
		char *ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (ring == MAP_FAILED)
			ft_fail_errno("mmap of the perf ring buffer");
		for (size_t page = 0; page <= RING_PAGES; page++)
			(void)((volatile char *)ring)[page * FT_PAGE];
		((volatile struct perf_event_mmap_page *)ring)->data_tail = 8;
		if (munmap(ring, bytes) < 0)
			ft_fail_errno("munmap of the perf ring buffer");
	}
	ft_metric_add("ring_pages", RING_ROUNDS * (RING_PAGES + 1));
	close(fd);
}

/* Memory is promised to it by mprotect, and no more of it when it moves. */
static void promise_and_move(const void *arg)
{
	const int rights = PROT_READ | PROT_WRITE;
	struct ft_map map = ft_map_new(FT_MEMFD, PROMISED_PAGES);
	char *to = mmap(NULL, map.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	for (unsigned i = 0; i < ROUNDS / PROMISED_PAGES; i++) {
		char *at = mmap(NULL, map.bytes, PROT_READ, MAP_PRIVATE, map.fd, 0);

		if (at == MAP_FAILED || mprotect(at, map.bytes, rights) < 0 ||
		    mremap(at, map.bytes, map.bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
			ft_fail_errno("mmap, mprotect and mremap");
	}
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const bool private = true, shared = false;

	(void)test;
	ft_disk_mount("ext4-small");
	ft_plan(6);
	ft_case(store_past_end, &private, "private-store-past-end");
	ft_case(store_past_end, &shared, "shared-store-past-end");
	ft_case(copy_and_drop, NULL, "private-copies");
	ft_case(store_without_block, NULL, "stores-without-block");
	ft_case(map_ring, NULL, "perf-ring");
	ft_case(promise_and_move, NULL, "promises");
	ft_disk_release("ext4-small");
}

const struct ft_test memory_kept = {
	.name = "memory-kept",
	.summary = "no memory is lost in thousands of faults that fail, or whose page goes again",
	.timeout_ms = 30000,
	.memory_mib = 192,
	.disks = "ext4-small",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_MEMFD_CREATE CONFIG_TMPFS "
		  "CONFIG_PERF_EVENTS",
	.run = run,
};
