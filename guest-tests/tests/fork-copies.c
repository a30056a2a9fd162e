// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a child and its parent have private pages of their own: what one of them stores after
 * the fork the other does not see, whether the program stores it, also after mprotect took the right
 * and gave it back, or after the mapping moved, or the kernel does for it, by read(2) or
 * process_vm_writev; of anonymous memory, also in huge pages, and of files on tmpfs, ext4 and xfs,
 * whose pages were stored to before or not. What the child was to see as zeros (MADV_WIPEONFORK) or not
 * at all (MADV_DONTFORK), it does.
 *
 * A kernel that makes an entry writable whose page the other one has, too, shows the store to both.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_procfs.h"
#include "table.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES	   16
#define HUGE_PAGES 1024 /* wherever they begin, there is room for one huge page in them */
#define KEPT	   8	/* of each that a child is not to see */
#define NEW	   2

struct way {
	const char *name;
	void (*store)(struct ft_map *map);
};

struct shape {
	enum ft_kind kind;
	const struct way *way;
	bool huge;
};

struct job {
	const struct shape *shape;
	struct ft_map map;
	int stored_fds[2]; /* the child reads from it once its parent has stored */
};

static void store(struct ft_map *map)
{
	for (size_t page = 0; page < PAGES; page++)
		*(volatile char *)(map->addr + page * FT_PAGE) = NEW;
}

static void store_after_mprotect(struct ft_map *map)
{
	if (mprotect(map->addr, map->bytes, PROT_READ) < 0 ||
	    mprotect(map->addr, map->bytes, PROT_READ | PROT_WRITE) < 0)
		ft_fail_errno("mprotect");
	store(map);
}

static void store_after_mremap(struct ft_map *map)
{
	ft_map_move(map);
	store(map);
}

static void store_by_read(struct ft_map *map)
{
	char byte = NEW;
	int fds[2];

	if (pipe(fds) < 0)
		ft_fail_errno("pipe");
	for (size_t page = 0; page < PAGES; page++)
		if (write(fds[1], &byte, 1) != 1 ||
		    read(fds[0], map->addr + page * FT_PAGE, 1) != 1)
			ft_fail_errno("read from a pipe");
	close(fds[0]);
	close(fds[1]);
}

static void store_by_writev(struct ft_map *map)
{
	char byte = NEW;

	for (size_t page = 0; page < PAGES; page++) {
		struct iovec from = {&byte, 1}, to = {map->addr + page * FT_PAGE, 1};

		if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 1)
			ft_fail_errno("process_vm_writev");
	}
}

/* Every second page of a file is still the file's when the process forks. */
static char before_fork(const struct job *job, size_t page)
{
	return job->shape->kind == FT_ANON || page % 2;
}

static void populate(const struct job *job)
{
	for (size_t page = 0; page < PAGES; page++) {
		volatile char *at = job->map.addr + page * FT_PAGE;

		if (before_fork(job, page))
			*at = 1;
		else
			(void)*at;
	}
}

static void expect_old(const struct job *job, const char *who, const char *other)
{
	for (size_t page = 0; page < PAGES; page++) {
		char found = *(volatile char *)(job->map.addr + page * FT_PAGE);

		if (found != before_fork(job, page))
			ft_fail("page %zu is %d for a %s and was %d before the fork: its %s has "
				"stored there",
				page, found, who, before_fork(job, page), other);
	}
}

static void expect_new(const struct job *job)
{
	for (size_t page = 0; page < PAGES; page++)
		if (*(volatile char *)(job->map.addr + page * FT_PAGE) != NEW)
			ft_fail("page %zu is not what was stored there after the fork", page);
}

static void act_as_child(void *arg)
{
	struct job *job = arg;
	char byte;

	if (read(job->stored_fds[0], &byte, 1) != 1)
		ft_fail_errno("read from a pipe");
	expect_old(job, "child", "parent");
}

static void wait_for_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		ft_fail("a child that looks at private pages ended with wait status 0x%x",
			(unsigned)status);
}

static void store_as_parent(struct job *job)
{
	pid_t pid = fork();

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0) {
		act_as_child(job);
		_exit(0);
	}
	job->shape->way->store(&job->map);
	if (write(job->stored_fds[1], "", 1) != 1)
		ft_fail_errno("write to a pipe");
	wait_for_child(pid);
	expect_new(job);
}

static void store_as_child(void *arg)
{
	struct job *job = arg;

	job->shape->way->store(&job->map);
	expect_new(job);
}

static struct ft_map map_for(const struct shape *shape)
{
	size_t pages = shape->huge ? HUGE_PAGES : PAGES;
	struct ft_map map = ft_map_with(shape->kind, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	if (shape->huge && madvise(map.addr, map.bytes, MADV_HUGEPAGE) < 0)
		ft_fail_errno("MADV_HUGEPAGE");
	return map;
}

/* First the child stores, then the parent beside a child. */
static void store_after_fork(const void *arg)
{
	struct job job = {.shape = arg};

	if (pipe(job.stored_fds) < 0)
		ft_fail_errno("pipe");
	job.map = map_for(job.shape);
	populate(&job);
	if (job.shape->huge)
		ft_metric_add("huge_kb",
			      ft_procfs_number("/proc/self/smaps_rollup", "AnonHugePages:"));
	ft_bounded_child(store_as_child, &job, "a child that stores to private pages");
	expect_old(&job, "parent", "child");
	store_as_parent(&job);
	ft_map_free(&job.map);
}

static void look_at_kept(void *arg)
{
	char *addr = arg;
	unsigned char in_memory;

	for (size_t page = 0; page < KEPT; page++)
		if (((volatile char *)addr)[page * FT_PAGE])
			ft_fail("page %zu, to be wiped on fork, is not zeros for a child", page);
	if (mincore(addr + KEPT * FT_PAGE, KEPT * FT_PAGE, &in_memory) == 0 || errno != ENOMEM)
		ft_fail("pages that were not to be forked are mapped for a child");
}

static void keep_from_child(const void *arg)
{
	struct ft_map map = ft_map_with(FT_ANON, 2 * KEPT, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	(void)arg;
	for (size_t page = 0; page < 2 * KEPT; page++)
		map.addr[page * FT_PAGE] = 1;
	if (madvise(map.addr, KEPT * FT_PAGE, MADV_WIPEONFORK) < 0 ||
	    madvise(map.addr + KEPT * FT_PAGE, KEPT * FT_PAGE, MADV_DONTFORK) < 0)
		ft_fail_errno("MADV_WIPEONFORK and MADV_DONTFORK");
	ft_bounded_child(look_at_kept, map.addr, "a child that looks at what it is not to see");
	for (size_t page = 0; page < 2 * KEPT; page++)
		if (map.addr[page * FT_PAGE] != 1)
			ft_fail("page %zu, not for a child, is lost for its parent", page);
	ft_map_free(&map);
}

static const struct way ways[] = {
	{"store", store},	 {"mprotect", store_after_mprotect}, {"mremap", store_after_mremap},
	{"read", store_by_read}, {"writev", store_by_writev},
};
#define WAYS (sizeof(ways) / sizeof(*ways))

static void run(const struct ft_test *test)
{
	static const struct {
		const char *name;
		enum ft_kind kind;
		bool huge;
	} memory[] = {{"anon", FT_ANON, false},
		      {"huge", FT_ANON, true},
		      {"tmpfs", FT_TMPFS, false},
		      {"ext4", FT_EXT4, false},
		      {"xfs", FT_XFS, false}};
	const size_t n = sizeof(memory) / sizeof(*memory);

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("xfs");
	ft_plan((unsigned)(n * WAYS) + 1);
	for (size_t i = 0; i < n * WAYS; i++) {
		struct shape shape = {.kind = memory[i / WAYS].kind,
				      .huge = memory[i / WAYS].huge,
				      .way = &ways[i % WAYS]};

		ft_case(store_after_fork, &shape, "%s-%s", memory[i / WAYS].name, shape.way->name);
	}
	ft_case(keep_from_child, NULL, "kept-from-child");
	ft_disk_release("xfs");
	ft_disk_release("ext4");
}

const struct ft_test fork_copies = {
	.name = "fork-copies",
	.summary = "what a child or its parent stores to private pages, the other does not see",
	.timeout_ms = 15000,
	.memory_mib = 128,
	.disks = "ext4 xfs",
	.config = "CONFIG_TMPFS CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK "
		  "CONFIG_CROSS_MEMORY_ATTACH CONFIG_TRANSPARENT_HUGEPAGE",
	.run = run,
};
