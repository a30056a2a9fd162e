// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a fault on a page that cannot be read from the disk ends in SIGBUS at that page, in
 * a bounded time, each time it is tried: loads, shared and private first stores, from one thread
 * and from as many as vCPUs; that copies by the kernel and MADV_POPULATE_READ and _WRITE end in
 * EFAULT; that pages beside a bad one are as the file holds them; that the file can be truncated,
 * and read, as soon as the disk works again. The disk is an ext4 file system behind a device
 * mapper device, of which some blocks are errors.
 *
 * A kernel that tries again for ever, or leaves the page or the file locked, does not come back;
 * one that maps the page that was not read shows zeros; one that keeps a reference to it shows a
 * page that stays in the cache.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_cache.h"
#include "ft_dm.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES  128
#define STRIDE 4 /* every fourth page is bad */
#define AGAIN  3 /* times that each page is tried */
#define ALL_OF (PAGES * FT_PAGE)

enum how { LOAD, STORE, PRIVATE_LOAD, PRIVATE_STORE, HOWS };

static const char *const how_names[HOWS] = {"load", "store", "private-load", "private-store"};

struct shape {
	enum how how;
	unsigned threads;
};

struct job {
	const struct shape *shape;
	char *addr;
	int fd;
};

static char byte_of(size_t page)
{
	return (char)(1 + page % 100);
}

static bool is_bad(size_t page)
{
	return page % STRIDE == 0;
}

static void try_page(const struct job *job, unsigned index, size_t page)
{
	bool store = job->shape->how == STORE || job->shape->how == PRIVATE_STORE;
	char *at = job->addr + page * FT_PAGE + index;
	char value = byte_of(page);
	struct ft_trap trap = store ? ft_trap_store(at, value) : ft_trap_load(at, &value);

	if (is_bad(page)) {
		ft_trap_expect(&trap, SIGBUS, at, "an access to a page that cannot be read");
		return;
	}
	ft_trap_expect_none(&trap, "an access to a page beside one that cannot be read");
	if (value != byte_of(page) || at[FT_PAGE / 2] != byte_of(page))
		ft_fail("page %zu, beside one that cannot be read, is not what the file holds",
			page);
}

static void try_all(unsigned index, void *arg)
{
	for (unsigned again = 0; again < AGAIN; again++)
		for (size_t page = 0; page < PAGES; page++)
			try_page(arg, index, page);
}

static void try_with_threads(void *arg)
{
	struct job *job = arg;

	ft_team_run(job->shape->threads, try_all, job);
}

/* What comes after an error must find no lock of the file or of its pages held. */
static void truncate_and_read(void *arg)
{
	const struct job *job = arg;
	char bytes[FT_PAGE];

	if (munmap(job->addr, ALL_OF) < 0)
		ft_fail_errno("munmap");
	for (size_t page = 0; page < PAGES; page++) {
		if (pread(job->fd, bytes, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail("page %zu cannot be read though the disk works again", page);
		for (size_t i = 0; i < FT_PAGE; i++)
			if (bytes[i] != byte_of(page))
				ft_fail("page %zu is not what it was before the disk failed", page);
	}
	if (fsync(job->fd) < 0)
		ft_fail_errno("fsync though no write failed");
	ft_cache_evict(job->fd, ALL_OF);
	if (ftruncate(job->fd, 0) < 0)
		ft_fail_errno("ftruncate");
}

static void begin(struct job *job, const struct shape *shape)
{
	job->shape = shape;
	job->fd = ft_cache_file(FT_DM_AT, PAGES, byte_of);
	ft_cache_evict(job->fd, ALL_OF);
	ft_dm_fail(job->fd, PAGES, STRIDE);
	job->addr = mmap(NULL, ALL_OF, PROT_READ | PROT_WRITE,
			 shape->how >= PRIVATE_LOAD ? MAP_PRIVATE : MAP_SHARED, job->fd, 0);
	if (job->addr == MAP_FAILED)
		ft_fail_errno("mmap");
}

static void end(struct job *job)
{
	ft_dm_heal();
	ft_bounded(truncate_and_read, job, "munmap, pread and ftruncate after I/O errors");
	close(job->fd);
}

static void touch(const void *arg)
{
	const struct shape *shape = arg;
	struct job job;

	ft_trap_prepare();
	begin(&job, shape);
	ft_bounded(try_with_threads, &job, "accesses to pages that cannot be read");
	ft_metric_add("sigbus", AGAIN * PAGES / STRIDE * shape->threads);
	end(&job);
}

static void expect_efault(bool failed, const char *what)
{
	if (!failed)
		ft_fail("%s went through a page that cannot be read", what);
	if (errno != EFAULT)
		ft_fail_errno(what);
}

/* The first page is bad, and it is the only one that is asked for: nothing is half done. */
static void enter_by_kernel(void *arg)
{
	const struct job *job = arg;
	char *bad = job->addr, *good = job->addr + FT_PAGE;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		ft_fail_errno("pipe2");
	expect_efault(write(fds[1], bad, 16) < 0, "write(2) from the mapping");
	if (write(fds[1], good, 16) != 16)
		ft_fail_errno("write(2) from a page beside one that cannot be read");
	expect_efault(read(fds[0], bad, 16) < 0, "read(2) into the mapping");
	expect_efault(madvise(job->addr, ALL_OF, MADV_POPULATE_READ) < 0, "MADV_POPULATE_READ");
	expect_efault(madvise(job->addr, ALL_OF, MADV_POPULATE_WRITE) < 0, "MADV_POPULATE_WRITE");
	if (madvise(good, FT_PAGE, MADV_POPULATE_WRITE) < 0)
		ft_fail_errno("MADV_POPULATE_WRITE of a page beside one that cannot be read");
}

static void copy(const void *arg)
{
	struct job job;

	begin(&job, arg);
	ft_bounded(enter_by_kernel, &job, "accesses by the kernel to pages that cannot be read");
	end(&job);
}

static void run(const struct ft_test *test)
{
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;

	(void)test;
	ft_dm_mount("ext4", NULL);
	ft_plan(2 * HOWS + 2);
	for (int how = 0; how < HOWS; how++)
		for (unsigned threads = 1; threads <= many; threads += many - 1) {
			struct shape shape = {.how = (enum how)how, .threads = threads};

			ft_case(touch, &shape, "%s-threads-%u", how_names[how], threads);
		}
	ft_case(copy, &(struct shape){.how = STORE}, "by-the-kernel");
	ft_case(copy, &(struct shape){.how = PRIVATE_STORE}, "private-by-the-kernel");
	ft_dm_release();
}

const struct ft_test fault_io_error = {
	.name = "fault-io-error",
	.summary = "a fault on a page that cannot be read is a SIGBUS or EFAULT, soon and always",
	.timeout_ms = 25000,
	.memory_mib = 128,
	.disks = "ext4",
	.config = "CONFIG_EXT4_FS CONFIG_VIRTIO_BLK CONFIG_BLK_DEV_DM",
	.run = run,
};
