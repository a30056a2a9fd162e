// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a fault that drops its lock to wait for the disk drops the right one and comes
 * back with the right page: cold reads, cold first stores, and cold private stores of an ext4
 * file, each page met by all threads in turn, with one thread and with twice as many as vCPUs;
 * in an order in which the kernel guesses nothing, and one after the other, with and without
 * MADV_SEQUENTIAL, where it reads ahead; and that mprotect and munmap finish at once right after. What
 * MADV_WILLNEED brings in is the part of the file that is mapped there.
 *
 * A kernel that drops the wrong lock hangs, or leaves a lock off its rest (which the probe driver
 * tells); one that goes on with a page it does not own shows wrong data.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_team.h"
#include "table.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGES	    256
#define ASKED_PAGES 16
#define LIMIT_MS    2000 /* scaled */

enum how { COLD_READ, COLD_STORE, COLD_PRIVATE_STORE, HOWS };

static const char *const how_names[HOWS] = {"cold-read", "cold-store", "cold-private-store"};

/* How many pages come at a time, which the order of the accesses must fit. */
static const struct order {
	const char *name;
	int advice;
	size_t stride;
} orders[] = {{"", MADV_RANDOM, 37}, {"-in-order", MADV_NORMAL, 1}, {"-ahead", MADV_SEQUENTIAL, 1}};
#define ORDERS (sizeof(orders) / sizeof(*orders))

struct shape {
	enum how how;
	const struct order *order;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	char *addr;
	uint64_t seed;
};

static uint64_t word_of(uint64_t seed, size_t page)
{
	uint64_t state = seed ^ page;

	return fl_wire_random(&state) | 1;
}

static int prepare(uint64_t seed)
{
	int fd = open("/mnt/ext4", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	uint64_t words[FT_PAGE / sizeof(uint64_t)];

	if (fd < 0)
		ft_fail_errno("open of a file on ext4");
	for (size_t page = 0; page < PAGES; page++) {
		for (size_t i = 0; i < FT_PAGE / sizeof(uint64_t); i++)
			words[i] = word_of(seed, page);
		if (pwrite(fd, words, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail_errno("pwrite to ext4");
	}
	if (fsync(fd) < 0)
		ft_fail_errno("fsync of ext4");
	ft_cache_evict(fd, PAGES * FT_PAGE);
	return fd;
}

/* Each thread has its own word in the page; the last word of the page is nobody's. */
static void meet_page(const struct job *job, unsigned index, size_t page)
{
	volatile uint64_t *words = (volatile uint64_t *)(job->addr + page * FT_PAGE);

	if (job->shape->how == COLD_READ) {
		if (words[index] != word_of(job->seed, page))
			ft_fail("page %zu, read in by a fault, does not hold what the file holds",
				page);
		return;
	}
	words[index] = index + 1;
	if (words[index] != index + 1 || words[511] != word_of(job->seed, page))
		ft_fail("page %zu, read in by a store, does not hold what the file holds", page);
}

/* The threads meet at the same pages. */
static void meet_all(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t i = 0; i < PAGES; i++)
		meet_page(job, index, i * job->shape->order->stride % PAGES);
}

static void verify(int fd, const struct job *job)
{
	uint64_t words[FT_PAGE / sizeof(uint64_t)];

	for (size_t page = 0; page < PAGES; page++) {
		if (pread(fd, words, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail_errno("pread from ext4");
		for (unsigned i = 0; i < FT_PAGE / sizeof(uint64_t); i++) {
			bool stored = job->shape->how == COLD_STORE && i < job->shape->threads;
			uint64_t expected = stored ? i + 1 : word_of(job->seed, page);

			if (words[i] != expected)
				ft_fail("word %u of page %zu of the file is not what %s left there",
					i, page, how_names[job->shape->how]);
		}
	}
}

static void take_away(void *arg)
{
	const struct job *job = arg;

	if (mprotect(job->addr, PAGES * FT_PAGE, PROT_READ) < 0)
		ft_fail_errno("mprotect");
	if (munmap(job->addr, PAGES * FT_PAGE) < 0)
		ft_fail_errno("munmap");
}

static void fault_cold(const void *arg)
{
	const struct shape *shape = arg;
	struct job job = {.shape = shape, .seed = ft_stream(how_names[shape->how])};
	int fd = prepare(job.seed);
	struct rusage usage;

	job.addr = mmap(NULL, PAGES * FT_PAGE, PROT_READ | PROT_WRITE,
			shape->how == COLD_PRIVATE_STORE ? MAP_PRIVATE : MAP_SHARED, fd, 0);
	if (job.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	if (madvise(job.addr, PAGES * FT_PAGE, shape->order->advice) < 0)
		ft_fail_errno("madvise");
	ft_team_run(shape->threads, meet_all, &job);
	getrusage(RUSAGE_SELF, &usage);
	if (!usage.ru_majflt)
		ft_fail("%u pages were read from the disk and no major fault was counted", PAGES);
	ft_metric_add("major_faults", (uint64_t)usage.ru_majflt);
	ft_probe_expect_unlocked(job.addr, "faults that waited for the disk");
	ft_bounded(take_away, &job, "mprotect and munmap after faults that waited for the disk");
	verify(fd, &job);
	close(fd);
}

static void ask_for_pages(const void *arg)
{
	const size_t first = PAGES / 2 * FT_PAGE, bytes = ASKED_PAGES * FT_PAGE;
	int fd = prepare(ft_stream("willneed"));
	char *at = mmap(NULL, first, PROT_READ, MAP_SHARED, fd, (off_t)first);
	struct ft_limit limit = ft_limit_new(LIMIT_MS);

	(void)arg;
	if (at == MAP_FAILED || madvise(at, bytes, MADV_WILLNEED) < 0)
		ft_fail_errno("MADV_WILLNEED");
	while (ft_cache_resident(fd, first + bytes) < ASKED_PAGES && !ft_limit_is_over(&limit))
		sched_yield();
	if (ft_cache_resident(fd, first))
		ft_fail("MADV_WILLNEED read pages before the mapping's part of the file");
	if (ft_cache_resident(fd, first + bytes) < ASKED_PAGES)
		ft_fail("MADV_WILLNEED of %u pages did not bring them in", ASKED_PAGES);
	close(fd);
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_probe_need();
	ft_disk_mount("ext4");
	ft_plan(2 * HOWS * ORDERS + 1);
	for (size_t i = 0; i < HOWS * ORDERS; i++) {
		enum how how = (enum how)(i % HOWS);
		struct shape shape = {.how = how, .order = &orders[i / HOWS], .threads = 1};

		ft_case(fault_cold, &shape, "%s%s-threads-1", how_names[how], shape.order->name);
		shape.threads = 2 * ft_cpus();
		ft_case(fault_cold, &shape, "%s%s-threads-%u", how_names[how], shape.order->name,
			shape.threads);
	}
	ft_case(ask_for_pages, NULL, "willneed");
	ft_disk_release("ext4");
}

const struct ft_test fault_io_ext4 = {
	.name = "fault-io-ext4",
	.summary = "faults that wait for the disk drop the right lock and map the right page",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4",
	.modules = "fl_probe",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_MODULES",
	.run = run,
};
