// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that faults are counted once and as what they were: a fault that waits for the disk is a
 * major one in ru_majflt, in pgmajfault and for perf, also when it gave up its lock and was tried
 * again; one that finds its page is a minor one, also when it was tried again for want of
 * ->map_pages. Cold and warm loads, stores and private stores of ext4; first stores to tmpfs and to
 * SysV shared memory.
 *
 * A kernel that forgets that the first try was major counts a minor fault; one that counts each
 * try counts too many.
 */
#include "ft.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_perf.h"
#include "ft_procfs.h"
#include "table.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGES 128
/* Faults of this program's own text and stack, and of the rest of the system, that may mix in. */
#define SLACK 8

enum how { LOAD, STORE, PRIVATE_STORE };

struct shape {
	enum ft_kind kind;
	enum how how;
	bool cold;
};

struct counts {
	uint64_t minor, major, pgfault, pgmajfault, perf_minor, perf_major;
};

/* Perf events of this thread. */
static int perf_minor_fd, perf_major_fd;

static struct counts read_counts(void)
{
	struct counts counts = {.pgfault = ft_procfs_number("/proc/vmstat", "pgfault"),
				.pgmajfault = ft_procfs_number("/proc/vmstat", "pgmajfault"),
				.perf_minor = ft_perf_read(perf_minor_fd),
				.perf_major = ft_perf_read(perf_major_fd)};
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	counts.minor = (uint64_t)usage.ru_minflt;
	counts.major = (uint64_t)usage.ru_majflt;
	return counts;
}

static void touch(char *addr, enum how how)
{
	for (size_t page = 0; page < PAGES; page++) {
		volatile char *at = addr + page * FT_PAGE;

		if (how == LOAD)
			(void)*at;
		else
			*at = 1;
	}
}

/* What the reader of the counters itself touches is not to be among them. */
static struct counts count_touches(const struct ft_map *map, enum how how)
{
	struct counts before, after;

	(void)read_counts();
	before = read_counts();
	touch(map->addr, how);
	after = read_counts();
	return (struct counts){.minor = after.minor - before.minor,
			       .major = after.major - before.major,
			       .pgfault = after.pgfault - before.pgfault,
			       .pgmajfault = after.pgmajfault - before.pgmajfault,
			       .perf_minor = after.perf_minor - before.perf_minor,
			       .perf_major = after.perf_major - before.perf_major};
}

static void expect(const char *name, uint64_t count, uint64_t least, uint64_t most)
{
	if (count < least || count > most + SLACK)
		ft_fail("%s rose by %llu for %u pages, and not by %llu to %llu", name,
			(unsigned long long)count, PAGES, (unsigned long long)least,
			(unsigned long long)most);
}

static void expect_cold(const struct counts *counts)
{
	expect("ru_majflt", counts->major, PAGES, PAGES);
	expect("pgmajfault", counts->pgmajfault, PAGES, PAGES);
	expect("perf's major-faults", counts->perf_major, PAGES, PAGES);
	expect("ru_minflt", counts->minor, 0, 0);
	expect("perf's minor-faults", counts->perf_minor, 0, 0);
	/* The rest of the system faults, too. */
	expect("pgfault", counts->pgfault, PAGES, 2 * PAGES);
}

/* A load may find its neighbours mapped by the fault before it. */
static void expect_warm(const struct counts *counts, enum how how)
{
	uint64_t least = how == LOAD ? 1 : PAGES;

	expect("ru_majflt", counts->major, 0, 0);
	expect("pgmajfault", counts->pgmajfault, 0, 0);
	expect("perf's major-faults", counts->perf_major, 0, 0);
	expect("ru_minflt", counts->minor, least, PAGES);
	expect("perf's minor-faults", counts->perf_minor, least, PAGES);
	expect("pgfault", counts->pgfault, least, 2 * PAGES);
}

static void count(const void *arg)
{
	const struct shape *shape = arg;
	struct ft_map map = ft_map_with(shape->kind, PAGES, PROT_READ | PROT_WRITE,
					shape->how == PRIVATE_STORE ? MAP_PRIVATE : MAP_SHARED);
	struct counts counts;

	perf_minor_fd = ft_perf_count(PERF_COUNT_SW_PAGE_FAULTS_MIN);
	perf_major_fd = ft_perf_count(PERF_COUNT_SW_PAGE_FAULTS_MAJ);
	if (shape->cold) {
		ft_cache_evict(map.fd, map.bytes);
		/* No readahead: each page is a read of its own. */
		if (madvise(map.addr, map.bytes, MADV_RANDOM) < 0)
			ft_fail_errno("MADV_RANDOM");
	}
	counts = count_touches(&map, shape->how);
	if (shape->cold)
		expect_cold(&counts);
	else
		expect_warm(&counts, shape->how);
	ft_metric_add("minor", counts.minor);
	ft_metric_add("major", counts.major);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const struct {
		const char *name;
		struct shape shape;
	} cases[] = {
		{"ext4-cold-load", {FT_EXT4, LOAD, true}},
		{"ext4-cold-store", {FT_EXT4, STORE, true}},
		{"ext4-cold-private-store", {FT_EXT4, PRIVATE_STORE, true}},
		{"ext4-warm-load", {FT_EXT4, LOAD, false}},
		{"ext4-warm-store", {FT_EXT4, STORE, false}},
		{"ext4-warm-private-store", {FT_EXT4, PRIVATE_STORE, false}},
		{"tmpfs-store", {FT_TMPFS, STORE, false}},
		{"anon-store", {FT_ANON, STORE, false}},
		{"shm-store", {FT_SHM, STORE, false}},
		{"shm-load", {FT_SHM, LOAD, false}},
	};

	(void)test;
	ft_disk_mount("ext4");
	ft_plan(10);
	for (size_t i = 0; i < 10; i++)
		ft_case(count, &cases[i].shape, "%s", cases[i].name);
	ft_disk_release("ext4");
}

const struct ft_test fault_counts = {
	.name = "fault-counts",
	.summary = "faults are counted once, as major when they waited for the disk",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_SYSVIPC CONFIG_VM_EVENT_COUNTERS "
		  "CONFIG_PERF_EVENTS",
	.run = run,
};
