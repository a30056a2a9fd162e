// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the first store to a page of a shared mapping whose vm_ops have ->fault but no
 * ->map_pages is given up under the VMA lock and done again under mmap_lock: SysV shared memory,
 * udmabuf and the probe driver, with one thread, as many as vCPUs, and twice as many. And that a SysV
 * segment lives as long as a piece of its mapping, and no longer than shmdt, which takes all pieces,
 * also those that could be one again: vm_ops that count their VMAs are told of each. That one which
 * is attached for reading cannot be stored to. And that a udmabuf of a part of a file with large folios
 * has the pages of that part, in order, and cannot be mapped privately.
 *
 * A kernel that calls such a ->fault under the VMA lock shows vma_lock_success; one that forgets
 * to drop the lock before it retries, or drops it twice, leaves it off its rest, which the probe
 * driver tells, and hangs when the mapping goes. One that splits a mapping without ->open takes the
 * segment away with the first piece.
 */
#include "ft.h"
#include "ft_probe.h"
#include "ft_procfs.h"
#include "ft_touch.h"
#include "ft_trap.h"
#include "table.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define PAGES	   1024 /* the most that udmabuf and the probe driver give by default */
#define PIECES	   3
#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

struct shape {
	enum ft_kind kind;
	unsigned threads;
};

static void touch(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_new(shape->kind, PAGES);
	char name[64];
	struct ft_touch result;

	snprintf(name, sizeof(name), "shared-retry-%s/%u", ft_kind_name(shape->kind),
		 shape->threads);
	result = ft_touch_pages(&map, shape->threads, ft_stream(name));
	ft_touch_report(&map, &result);
	ft_expect_mmap_lock("shared write faults without ->map_pages", PAGES, &result.lock);
	ft_probe_expect_unlocked(map.addr, "faults that were retried under mmap_lock");
	ft_touch_verify(&map, result.seed);
	ft_map_free(&map);
}

struct segment {
	int id;
	char *addr;
};

/* Of three pages and removed; made three mappings by mprotect of its middle. */
static struct segment attach_in_pieces(void)
{
	struct segment segment = {.id = shmget(IPC_PRIVATE, (size_t)PIECES * FT_PAGE, 0600)};

	segment.addr = segment.id < 0 ? (void *)-1 : shmat(segment.id, NULL, 0);
	if (segment.addr == (void *)-1)
		ft_fail_errno("shmget and shmat");
	if (shmctl(segment.id, IPC_RMID, NULL) < 0)
		ft_fail_errno("IPC_RMID of a segment that is mapped");
	if (mprotect(segment.addr + FT_PAGE, FT_PAGE, PROT_READ) < 0)
		ft_fail_errno("mprotect");
	segment.addr[0] = segment.addr[2 * FT_PAGE] = 1;
	return segment;
}

static void expect_gone(const struct segment *segment)
{
	struct shmid_ds ds;

	if (shmctl(segment->id, IPC_STAT, &ds) == 0 || (errno != EINVAL && errno != EIDRM))
		ft_fail("the removed segment outlives its last mapping");
}

/* From the front. */
static void take_by_pieces(const void *arg)
{
	struct segment segment = attach_in_pieces();
	struct shmid_ds ds;

	(void)arg;
	for (unsigned piece = 0; piece < PIECES; piece++) {
		if (shmctl(segment.id, IPC_STAT, &ds) < 0)
			ft_fail_errno("IPC_STAT of a segment of which pieces are mapped");
		if (ds.shm_nattch < 1)
			ft_fail("%u pieces are mapped, and shm_nattch is 0", PIECES - piece);
		if (munmap(segment.addr + piece * FT_PAGE, FT_PAGE) < 0)
			ft_fail_errno("munmap");
	}
	expect_gone(&segment);
}

static void detach(const struct segment *segment)
{
	unsigned char in_memory;

	if (shmdt(segment->addr) < 0)
		ft_fail_errno("shmdt");
	for (unsigned piece = 0; piece < PIECES; piece++)
		if (mincore(segment->addr + piece * FT_PAGE, FT_PAGE, &in_memory) == 0 ||
		    errno != ENOMEM)
			ft_fail("piece %u of a segment is mapped after shmdt", piece);
	expect_gone(segment);
}

static void detach_pieces(const void *arg)
{
	struct segment segment = attach_in_pieces();

	(void)arg;
	detach(&segment);
}

/* Nothing tells the pieces apart any more. A VMA whose end must be told is not merged away. */
static void detach_joined(const void *arg)
{
	struct segment segment = attach_in_pieces();

	(void)arg;
	if (mprotect(segment.addr + FT_PAGE, FT_PAGE, PROT_READ | PROT_WRITE) < 0)
		ft_fail_errno("mprotect");
	detach(&segment);
}

static void attach_for_reading(const void *arg)
{
	int id = shmget(IPC_PRIVATE, FT_PAGE, 0600);
	char *addr = id < 0 ? (void *)-1 : shmat(id, NULL, SHM_RDONLY);
	struct ft_trap trap;

	(void)arg;
	if (addr == (void *)-1 || shmctl(id, IPC_RMID, NULL) < 0)
		ft_fail_errno("shmat for reading");
	ft_trap_prepare();
	trap = ft_trap_store(addr, 1);
	ft_trap_expect(&trap, SIGSEGV, addr, "a store to a segment attached for reading");
	if (mprotect(addr, FT_PAGE, PROT_READ | PROT_WRITE) == 0 || errno != EACCES)
		ft_fail("mprotect gives the right to store to a segment attached for reading");
	if (*(volatile char *)addr)
		ft_fail("a segment attached for reading was stored to");
}

static uint64_t word_of(size_t page)
{
	return page + 1;
}

/* Most of a file, from its second page on; its folios are large, if there is memory for that. */
static void map_part(const void *arg)
{
	const size_t bytes = (PAGES - 2) * FT_PAGE;
	struct ft_map file;
	char *part;
	int fd;

	(void)arg;
	ft_procfs_write(SHMEM_HUGE, "always");
	file = ft_map_new(FT_MEMFD, PAGES);
	for (size_t page = 0; page < PAGES; page++)
		*(volatile uint64_t *)(file.addr + page * FT_PAGE) = word_of(page);
	fd = ft_map_udmabuf(file.fd, FT_PAGE, bytes);
	if (mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED || errno != EINVAL)
		ft_fail("a udmabuf, whose pages cannot be copied, can be mapped privately");
	part = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (part == MAP_FAILED)
		ft_fail_errno("mmap of a udmabuf");
	for (size_t page = 1; page < PAGES - 1; page++) {
		uint64_t found = *(volatile uint64_t *)(part + (page - 1) * FT_PAGE);

		if (found != word_of(page))
			ft_fail("what a udmabuf shows as page %zu of its file is page %llu", page,
				(unsigned long long)found - 1);
	}
	munmap(part, bytes);
	close(fd);
	ft_map_free(&file);
}

static void run(const struct ft_test *test)
{
	unsigned counts[FT_THREAD_COUNTS];
	unsigned n = ft_thread_counts(counts);
	unsigned more = test->arg == FT_SHM ? 4 : test->arg == FT_UDMABUF;

	ft_lockstat_need();
	ft_probe_need();
	ft_plan(n + more);
	for (unsigned i = 0; i < n; i++) {
		struct shape shape = {.kind = (enum ft_kind)test->arg, .threads = counts[i]};

		ft_case(touch, &shape, "threads-%u", counts[i]);
	}
	if (test->arg == FT_SHM) {
		ft_case(take_by_pieces, NULL, "pieces");
		ft_case(detach_pieces, NULL, "detach-pieces");
		ft_case(detach_joined, NULL, "detach-joined");
		ft_case(attach_for_reading, NULL, "for-reading");
	}
	if (test->arg == FT_UDMABUF) {
		ft_case(map_part, NULL, "large-folios");
		ft_procfs_write(SHMEM_HUGE, "never");
	}
}

const struct ft_test shared_retry_shm = {
	.name = "shared-retry-shm",
	.summary =
		"stores to SysV shared memory are retried under mmap_lock and leave no lock behind",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_SYSVIPC CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_SHM,
};

const struct ft_test shared_retry_udmabuf = {
	.name = "shared-retry-udmabuf",
	.summary = "stores to a udmabuf are retried under mmap_lock and leave no lock behind",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_UDMABUF CONFIG_MEMFD_CREATE CONFIG_TRANSPARENT_HUGEPAGE "
		  "CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_UDMABUF,
};

const struct ft_test shared_retry_probe = {
	.name = "shared-retry-probe",
	.summary = "stores to a driver without ->map_pages are retried and leave no lock behind",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.modules = "fl_probe",
	.config = "CONFIG_MODULES CONFIG_PER_VMA_LOCK_STATS",
	.run = run,
	.arg = FT_PROBE_NOMP,
};
