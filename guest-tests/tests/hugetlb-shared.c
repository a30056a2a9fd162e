// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that huge pages of hugetlbfs are faulted in rightly, shared and private, by one thread
 * and by as many as vCPUs, beside a thread that takes mmap_lock for writing: a page from the pool
 * is zero however it was used before, each thread's words arrive, a child's store is seen through
 * a shared mapping and not through a private one, a private copy of a file's page is not the file,
 * an access past the end of a file is a SIGBUS, mprotect refuses stores and leaves the words, a part
 * of a huge page is neither protected nor unmapped, mremap takes the words along, HugetlbPages of each
 * process is what it has mapped, and the pool is as full afterwards as before. A page of zeros is not
 * to be had of userfaultfd, and who asked for one can still have a copy, and unmap.
 *
 * A kernel that does not clear the page shows the bytes of its last user; one that loses the fault
 * between its locks hangs, or takes a page out of the pool for ever; one that splits a mapping within
 * a huge page has a BUG to tell.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_procfs.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "ft_uffd.h"
#include "ft_writer.h"
#include "table.h"

#include <errno.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE_BYTES   (2u << 20)
#define HUGE_PAGES   4
#define POOL	     (2 * HUGE_PAGES) /* a private mapping and the child's copies */
#define BYTES	     ((size_t)HUGE_PAGES * HUGE_BYTES)
#define FILE_BYTES   ((size_t)2 * HUGE_BYTES)
#define IN_FILE	     1
#define IN_COPY	     2
#define STRIDE	     (16 * FT_PAGE)
#define FIRST_ROUNDS 40
#define KNOB	     "/proc/sys/vm/nr_hugepages"

struct shape {
	bool is_private;
	unsigned threads;
};

struct job {
	char *addr;
	unsigned threads;
};

static uint64_t free_pages(void)
{
	return ft_procfs_number("/proc/meminfo", "HugePages_Free:");
}

static char *map_huge(bool is_private)
{
	int kind = is_private ? MAP_PRIVATE : MAP_SHARED;
	char *addr = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS | MAP_HUGETLB,
			  -1, 0);

	if (addr == MAP_FAILED)
		ft_fail_errno("mmap with MAP_HUGETLB");
	return addr;
}

/* So that every page of the pool has something in it that its next user must not see. */
static void soil_pool(void)
{
	char *addr = map_huge(false);
	char *more = map_huge(false);

	memset(addr, 0xa5, BYTES);
	memset(more, 0xa5, BYTES);
	munmap(addr, BYTES);
	munmap(more, BYTES);
}

static uint64_t value_at(size_t at)
{
	return at + 1;
}

/* All threads meet in each huge page, each at places of its own. */
static void store_share(unsigned index, void *arg)
{
	const struct job *job = arg;

	for (size_t at = index * STRIDE; at < BYTES; at += job->threads * STRIDE)
		*(volatile uint64_t *)(job->addr + at) = value_at(at);
}

static void verify(const char *addr)
{
	for (size_t at = 0; at < BYTES; at += sizeof(uint64_t)) {
		uint64_t found = *(const volatile uint64_t *)(addr + at);
		uint64_t expected = at % STRIDE ? 0 : value_at(at);

		if (found != expected)
			ft_fail("the word at %zu of a huge page mapping is %llx and not %llx", at,
				(unsigned long long)found, (unsigned long long)expected);
	}
}

static void expect_mapped(size_t bytes, const char *when)
{
	uint64_t kb = ft_procfs_number("/proc/self/status", "HugetlbPages:");

	if (kb != bytes / 1024)
		ft_fail("HugetlbPages is %llu kB %s, and not %zu kB", (unsigned long long)kb, when,
			bytes / 1024);
}

/* Fork copies the entries of a private mapping; a shared one can be faulted in again. */
static void store_in_child(char *addr, bool is_private)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0) {
		expect_mapped(is_private ? BYTES : 0, "in a child that has not touched a page");
		for (size_t page = 0; page < HUGE_PAGES; page++)
			*(volatile uint64_t *)(addr + page * HUGE_BYTES) = 0;
		expect_mapped(BYTES, "in a child that has stored to each page");
		munmap(addr, BYTES);
		expect_mapped(0, "in a child after munmap");
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		ft_fail("a child that stores to huge pages ended with wait status 0x%x",
			(unsigned)status);
}

static void expect_child_stores(char *addr, bool seen)
{
	for (size_t page = 0; page < HUGE_PAGES; page++) {
		volatile uint64_t *word = (volatile uint64_t *)(addr + page * HUGE_BYTES);

		if ((*word == 0) != seen)
			ft_fail("the store of a child to huge page %zu of a %s mapping is %sseen",
				page, seen ? "shared" : "private", seen ? "not " : "");
		*word = value_at(page * HUGE_BYTES);
	}
}

static void fault_huge(const void *arg)
{
	const struct shape *shape = arg;
	uint64_t before = free_pages();
	struct ft_writer *writer;
	struct job job = {.threads = shape->threads};

	soil_pool();
	job.addr = map_huge(shape->is_private);
	writer = ft_writer_start();
	ft_team_run(shape->threads, store_share, &job);
	ft_metric_add("mmap_rounds", ft_writer_stop(writer));
	ft_metric_add("huge_faults", HUGE_PAGES);
	verify(job.addr);
	expect_mapped(BYTES, "after a store to each page");
	store_in_child(job.addr, shape->is_private);
	expect_child_stores(job.addr, !shape->is_private);
	verify(job.addr);
	munmap(job.addr, BYTES);
	expect_mapped(0, "after munmap");
	if (free_pages() != before)
		ft_fail("%llu huge pages are free after munmap, and %llu were before",
			(unsigned long long)free_pages(), (unsigned long long)before);
}

/* The first fault of a private mapping wants mmap_lock for a moment, and starts again without. */
static void fault_first(const void *arg)
{
	struct ft_writer *writer = ft_writer_start();

	(void)arg;
	for (unsigned round = ft_rounds(FIRST_ROUNDS); round > 0; round--) {
		char *addr = map_huge(true);

		*(volatile char *)addr = IN_COPY;
		munmap(addr, BYTES);
	}
	ft_metric_add("mmap_rounds", ft_writer_stop(writer));
	ft_metric_add("huge_faults", ft_rounds(FIRST_ROUNDS));
}

struct file {
	int fd;
	char *shared, *other; /* two mappings of its two pages */
};

static char *map_file(const struct file *file, int flags)
{
	char *addr = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, flags, file->fd, 0);

	if (addr == MAP_FAILED)
		ft_fail_errno("mmap of huge pages");
	return addr;
}

static struct file open_file(bool is_private)
{
	struct file file = {.fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB)};

	if (file.fd < 0 || ftruncate(file.fd, FILE_BYTES) < 0)
		ft_fail_errno("a file of huge pages");
	file.shared = map_file(&file, MAP_SHARED);
	file.other = map_file(&file, is_private ? MAP_PRIVATE : MAP_SHARED);
	for (size_t page = 0; page < 2; page++)
		*(volatile char *)(file.shared + page * HUGE_BYTES) = IN_FILE;
	return file;
}

static void close_file(struct file *file, uint64_t free_before)
{
	munmap(file->shared, FILE_BYTES);
	munmap(file->other, FILE_BYTES);
	close(file->fd);
	if (free_pages() != free_before)
		ft_fail("%llu huge pages are free after the file is gone, and %llu were before",
			(unsigned long long)free_pages(), (unsigned long long)free_before);
}

static void expect_byte(const char *at, char expected, const char *when)
{
	char found = *(const volatile char *)at;

	if (found != expected)
		ft_fail("a huge page holds %d and not %d %s", found, expected, when);
}

static void copy_file(const void *arg)
{
	uint64_t before = free_pages();
	struct file file = open_file(true);

	(void)arg;
	for (size_t at = 0; at < FILE_BYTES; at += HUGE_BYTES) {
		expect_byte(file.other + at, IN_FILE, "in a private mapping of its file");
		*(volatile char *)(file.other + at) = IN_COPY;
		expect_byte(file.shared + at, IN_FILE, "after a store to a private mapping of it");
		expect_byte(file.other + at, IN_COPY, "after a store to a private mapping");
	}
	if (madvise(file.other, FILE_BYTES, MADV_DONTNEED) < 0)
		ft_fail_errno("MADV_DONTNEED");
	expect_byte(file.other, IN_FILE, "after the private copy was dropped");
	close_file(&file, before);
}

/* The second page is cut off, and comes back empty. */
static void pass_end(const void *arg)
{
	uint64_t before = free_pages();
	struct file file = open_file(*(const bool *)arg);
	char *at = file.other + HUGE_BYTES;
	struct ft_trap trap;

	ft_trap_prepare();
	expect_byte(at, IN_FILE, "before truncation");
	if (ftruncate(file.fd, HUGE_BYTES) < 0)
		ft_fail_errno("ftruncate");
	trap = ft_trap_load(at, NULL);
	ft_trap_expect(&trap, SIGBUS, at, "a load past the end of a file of huge pages");
	trap = ft_trap_store(at, IN_COPY);
	ft_trap_expect(&trap, SIGBUS, at, "a store past the end of a file of huge pages");
	expect_byte(file.other, IN_FILE, "before the end of the file");
	if (ftruncate(file.fd, FILE_BYTES) < 0)
		ft_fail_errno("ftruncate");
	expect_byte(at, 0, "that was cut off and is back");
	close_file(&file, before);
}

static void unmap(void *addr)
{
	if (munmap(addr, BYTES) < 0)
		ft_fail_errno("munmap");
}

static void ask_for_zeros(const void *arg)
{
	uint64_t before = free_pages();
	char *addr = map_huge(false), *source = map_huge(false);
	int uffd = ft_uffd_open(addr, BYTES, UFFD_FEATURE_MISSING_HUGETLBFS,
				UFFDIO_REGISTER_MODE_MISSING);
	struct uffdio_zeropage zeros = {.range = {(uintptr_t)addr, HUGE_BYTES}};
	struct uffdio_copy copy = {
		.dst = (uintptr_t)addr, .src = (uintptr_t)source, .len = HUGE_BYTES};

	(void)arg;
	*(volatile char *)source = IN_COPY;
	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zeros) == 0 || errno != EINVAL)
		ft_fail("UFFDIO_ZEROPAGE of a huge page did not give EINVAL");
	if (ioctl(uffd, UFFDIO_COPY, &copy) < 0)
		ft_fail_errno("UFFDIO_COPY of a huge page");
	expect_byte(addr, IN_COPY, "after UFFDIO_COPY");
	ft_bounded(unmap, addr, "munmap after UFFDIO_ZEROPAGE of a huge page");
	unmap(source);
	close(uffd);
	if (free_pages() != before)
		ft_fail("%llu huge pages are free after userfaultfd, and %llu were before",
			(unsigned long long)free_pages(), (unsigned long long)before);
}

static char *map_stored(bool is_private)
{
	char *addr = map_huge(is_private);
	struct job job = {.addr = addr, .threads = 1};

	store_share(0, &job);
	return addr;
}

static void protect(char *addr, int prot)
{
	if (mprotect(addr, BYTES, prot) < 0)
		ft_fail_errno("mprotect of huge pages");
}

/* The right to store goes and comes back, and the pages stay. */
static char *protect_huge(char *addr, bool is_private)
{
	struct job job = {.addr = addr, .threads = 1};

	(void)is_private;
	protect(addr, PROT_READ);
	for (char *at = addr; at < addr + BYTES; at += HUGE_BYTES) {
		struct ft_trap trap = ft_trap_store(at, 0);

		ft_trap_expect(&trap, SIGSEGV, at, "a store to a huge page made read-only");
	}
	verify(addr);
	protect(addr, PROT_READ | PROT_WRITE);
	store_share(0, &job);
	return addr;
}

/* A mapping cannot end within a huge page. */
static char *split_wrong(char *addr, bool is_private)
{
	(void)is_private;
	if (mprotect(addr + FT_PAGE, FT_PAGE, PROT_READ) == 0 || errno != EINVAL)
		ft_fail("mprotect of a part of a huge page did not give EINVAL");
	if (munmap(addr + FT_PAGE, FT_PAGE) == 0 || errno != EINVAL)
		ft_fail("munmap of a part of a huge page did not give EINVAL");
	return addr;
}

/* Into a mapping of the same kind, since that has the alignment. */
static char *move_huge(char *addr, bool is_private)
{
	char *to = map_huge(is_private);
	struct ft_trap trap;

	if (mremap(addr, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		ft_fail_errno("mremap of huge pages");
	trap = ft_trap_load(addr, NULL);
	if (trap.signum != SIGSEGV)
		ft_fail("a load from where huge pages were moved away ended with signal %d, and "
			"not %d",
			trap.signum, SIGSEGV);
	return to;
}

struct change {
	const char *name;
	char *(*run)(char *addr, bool is_private); /* where the mapping is then */
};

static const struct change changes[] = {
	{"protect", protect_huge},
	{"split", split_wrong},
	{"move", move_huge},
};
#define CHANGES (sizeof(changes) / sizeof(*changes))

struct changed {
	const struct change *change;
	bool is_private;
};

static void change_huge(const void *arg)
{
	const struct changed *changed = arg;
	uint64_t before = free_pages();
	char *addr = map_stored(changed->is_private);

	ft_trap_prepare();
	addr = changed->change->run(addr, changed->is_private);
	verify(addr);
	unmap(addr);
	if (free_pages() != before)
		ft_fail("%llu huge pages are free after %s, and %llu were before",
			(unsigned long long)free_pages(), changed->change->name,
			(unsigned long long)before);
}

static void set_pool(uint64_t pages)
{
	ft_procfs_set(KNOB, pages);
}

static void run(const struct ft_test *test)
{
	uint64_t before = ft_procfs_number("/proc/meminfo", "HugePages_Total:");
	unsigned many = ft_cpus() > 1 ? ft_cpus() : 2;

	(void)test;
	set_pool(before + POOL);
	if (free_pages() < POOL) {
		set_pool(before);
		ft_skip_all("the kernel has no %u free huge pages", POOL);
	}
	ft_plan(4 + 5 + 2 * CHANGES);
	for (int is_private = 0; is_private < 2; is_private++)
		for (unsigned threads = 1; threads <= many; threads += many - 1) {
			struct shape shape = {.is_private = is_private, .threads = threads};

			ft_case(fault_huge, &shape, "%s-threads-%u",
				is_private ? "private" : "shared", threads);
		}
	ft_case(fault_first, NULL, "private-first");
	ft_case(copy_file, NULL, "private-of-file");
	for (int i = 0; i < 2; i++) {
		bool is_private = i;

		ft_case(pass_end, &is_private, "past-end-%s", is_private ? "private" : "shared");
	}
	ft_case(ask_for_zeros, NULL, "userfault-zeros");
	for (size_t c = 0; c < CHANGES; c++)
		for (int i = 0; i < 2; i++) {
			struct changed changed = {.change = &changes[c], .is_private = i};

			ft_case(change_huge, &changed, "%s-%s", changes[c].name,
				i ? "private" : "shared");
		}
	set_pool(before);
}

const struct ft_test hugetlb_shared = {
	.name = "hugetlb-shared",
	.summary =
		"huge pages of hugetlbfs come zeroed, keep what is stored, and go back to the pool",
	.timeout_ms = 15000,
	.memory_mib = 256,
	.config = "CONFIG_HUGETLBFS CONFIG_MEMFD_CREATE CONFIG_USERFAULTFD",
	.run = run,
};
