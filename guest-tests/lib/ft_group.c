// SPDX-License-Identifier: GPL-2.0-only
/*
 * One mount, for as long as the test runs.
 */
#include "ft_group.h"
#include "ft.h"
#include "ft_procfs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

void ft_group_mount(void)
{
	mkdir(FT_GROUP_AT, 0755);
	if (mount("cgroup2", FT_GROUP_AT, "cgroup2", 0, NULL) < 0)
		ft_skip_all("no cgroup2 (CONFIG_CGROUPS)");
	ft_procfs_write(FT_GROUP_AT "/cgroup.subtree_control", "+memory");
}

void ft_group_unmount(void)
{
	ft_procfs_write(FT_GROUP_AT "/cgroup.subtree_control", "-memory");
	umount2(FT_GROUP_AT, 0);
}

void ft_group_make(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		ft_fail_errno(path);
}

void ft_group_remove(const char *path)
{
	if (rmdir(path) < 0)
		ft_fail_errno("rmdir of a cgroup without processes");
}

void ft_group_join(const char *path)
{
	char procs[128];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	ft_procfs_write(procs, "0");
}
