// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a whole file and looks for a line in it.
 */
#include "ft_procfs.h"
#include "ft.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 32768

static void slurp(const char *path, char text[TEXT_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		ft_fail_errno(path);
	while (len < TEXT_MAX - 1 && (n = read(fd, text + len, TEXT_MAX - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
}

uint64_t ft_procfs_number(const char *path, const char *key)
{
	char text[TEXT_MAX];
	size_t len = strlen(key);

	slurp(path, text);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && strchr(" \t", line[len]))
			return strtoull(line + len, NULL, 10);
	}
	ft_fail("%s has no line %s", path, key);
}

uint64_t ft_procfs_value(const char *path)
{
	char text[TEXT_MAX];
	char *end;
	uint64_t value;

	slurp(path, text);
	value = strtoull(text, &end, 10);
	if (end == text || strcmp(end, "\n") != 0)
		ft_fail("%s is no number", path);
	return value;
}

bool ft_procfs_holds(const char *path, const char *wanted)
{
	char text[TEXT_MAX];

	slurp(path, text);
	return strstr(text, wanted) != NULL;
}

uint64_t ft_procfs_vmstat(const char *key)
{
	ft_procfs_write("/proc/sys/vm/stat_refresh", "1");
	return ft_procfs_number("/proc/vmstat", key);
}

void ft_procfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ft_fail_errno(path);
	close(fd);
}

void ft_procfs_set(const char *path, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	ft_procfs_write(path, text);
}
