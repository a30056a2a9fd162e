// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that what threads store to distinct fresh pages of a shared mapping is what the file
 * holds, all of each page, on tmpfs, memfd, ext4 and xfs, with one thread, as many as vCPUs, and twice
 * as many; that the same pages seen through a second mapping and by a child agree; and that the
 * pages leave the process' books when the mapping goes.
 *
 * A kernel that maps the wrong page, loses a store or counts a page twice shows here.
 */
#include "ft.h"
#include "ft_disk.h"
#include "ft_touch.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 512

/* The kernel keeps the counters of the resident set for each CPU and adds them up late. */
#define RSS_SLACK_PAGES 256

static long resident_shared(void)
{
	long size = 0, resident = 0, shared = -1;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		ft_fail_errno("/proc/self/statm");
	if (fscanf(file, "%ld %ld %ld", &size, &resident, &shared) != 3)
		ft_fail("/proc/self/statm has not its three first fields");
	fclose(file);
	return shared;
}

static void verify_second_mapping(const struct ft_map *map, uint64_t seed)
{
	struct ft_map second = *map;

	second.kind = FT_ANON; /* compared through the mapping */
	second.addr = mmap(NULL, map->bytes, PROT_READ, MAP_SHARED, map->fd, 0);
	if (second.addr == MAP_FAILED)
		ft_fail_errno("mmap");
	ft_touch_verify(&second, seed);
	ft_map_unmap(&second);
}

static void verify_in_child(const struct ft_map *map, uint64_t seed)
{
	struct ft_map seen = *map;
	pid_t pid = fork();
	int status;

	if (pid < 0)
		ft_fail_errno("fork");
	if (pid == 0) {
		seen.kind = FT_ANON;
		ft_touch_verify(&seen, seed);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		ft_fail("a child does not see in the shared mapping what its parent stored");
}

static void touch(const void *arg)
{
	const struct ft_map_shape *shape = arg;
	struct ft_map map = ft_map_new(shape->kind, PAGES);
	long before = resident_shared(), left;
	struct ft_touch result;
	char name[64];

	snprintf(name, sizeof(name), "first-touch-%s/%u", ft_kind_name(shape->kind),
		 shape->threads);
	result = ft_touch_pages(&map, shape->threads, ft_stream(name));
	ft_touch_report(&map, &result);
	ft_touch_verify(&map, result.seed);
	if (map.fd >= 0)
		verify_second_mapping(&map, result.seed);
	verify_in_child(&map, result.seed);
	ft_map_unmap(&map);
	left = resident_shared() - before;
	if (left > RSS_SLACK_PAGES)
		ft_fail("%ld pages of %u stay in the resident set after munmap", left, PAGES);
	if (map.fd >= 0)
		ft_touch_verify(&map, result.seed);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_MEMFD,   FT_ANON,
					     FT_EXT4,  FT_EXT4_1K, FT_XFS};

	(void)test;
	ft_disk_mount("ext4");
	ft_disk_mount("ext4-1k");
	ft_disk_mount("xfs");
	ft_map_cases(touch, kinds, sizeof(kinds) / sizeof(*kinds));
	ft_disk_release("xfs");
	ft_disk_release("ext4-1k");
	ft_disk_release("ext4");
}

const struct ft_test first_touch = {
	.name = "first-touch",
	.summary = "stores of many threads to fresh shared pages are what the file holds",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "ext4 ext4-1k xfs",
	.config = "CONFIG_TMPFS CONFIG_MEMFD_CREATE CONFIG_EXT4_FS CONFIG_XFS_FS CONFIG_VIRTIO_BLK",
	.run = run,
};
