// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes and compares the books. Decides nothing about time: PID 1 asks again, for a bounded
 * while, since the kernel frees much of it late (RCU, per-CPU lists, delayed fput).
 */
#include "balance.h"
#include "procfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a per-CPU counter keeps to itself on each CPU (lib/percpu_counter.c: max(32, 2 * CPUs)). */
#define COUNTER_BATCH 32

enum loss { MORE, LESS, EITHER };

/*
 * How far an item may end from its base, and why it may at all. A leak of one page or one
 * reference a fault shows as thousands, since the tests touch thousands of pages.
 */
static const struct {
	const char *file, *key, *name;
	long long slack;
	long long slack_per_cpu;
	enum loss loss;
} items[BALANCE_ITEMS] = {
	/*
	 * With the pages on the per-CPU lists added. What is left is the growth of the slab caches
	 * (measured: at most 1.3 MB) and, for a moment after a file system went, 9 MB freed late.
	 */
	[BALANCE_MEM_FREE] = {"/proc/meminfo", "MemFree:", "free memory (kB)", 12 * 1024, 0, LESS},
	/* PID 1 itself, and kernel threads that were born meanwhile. */
	[BALANCE_PAGE_TABLES] = {"/proc/meminfo", "PageTables:", "PageTables (kB)", 256, 0, MORE},
	/* PID 1's own text: its pages are mapped as it comes to them. */
	[BALANCE_MAPPED] = {"/proc/vmstat", "nr_mapped", "nr_mapped", 256, 0, MORE},
	[BALANCE_PAGE_TABLE_PAGES] = {"/proc/vmstat", "nr_page_table_pages", "nr_page_table_pages",
				      64, 0, MORE},
	/* The root file system is a tmpfs where the kernel has no ramfs for it. */
	[BALANCE_SHMEM] = {"/proc/vmstat", "nr_shmem", "nr_shmem", 64, 0, MORE},
	/* PID 1's heap. What is given back twice is as wrong as what is not. */
	[BALANCE_PROMISED] = {"/proc/meminfo", "Committed_AS:", "Committed_AS (kB)", 1024, 0,
			      EITHER},
	/*
	 * file-nr is a per-CPU counter read without its CPUs' shares, and nothing folds them in.
	 * The base and the later reading are each less than a batch a CPU off the truth, so that
	 * twice as much is no file at all.
	 */
	[BALANCE_FILES] = {"/proc/sys/fs/file-nr", "", "open files", 0, 2 * COUNTER_BATCH, MORE},
};

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* A kernel without the knob has no late counters of this kind. */
	(void)!write(fd, text, strlen(text));
	close(fd);
}

static long long find(const char *text, const char *key)
{
	long long value = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, strlen(key)) == 0 && (!*key || line[strlen(key)] == ' ') &&
		    sscanf(line + strlen(key), "%lld", &value) == 1)
			break;
	}
	return value;
}

/* Free pages that wait on the lists of the CPUs, in kB: tens of MB, and MemFree is without them. */
static long long per_cpu_free_kb(void)
{
	static char text[65536];
	long long pages = 0;

	if (!procfs_read("/proc/zoneinfo", text, sizeof(text)))
		return 0;
	for (const char *at = text; (at = strstr(at, " count:")); at++)
		pages += strtoll(at + strlen(" count:"), NULL, 10);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long long loss_of(int item, long long change)
{
	switch (items[item].loss) {
	case LESS:
		return -change;
	case EITHER:
		return change < 0 ? -change : change;
	default:
		return change;
	}
}

static long long slack_of(int item)
{
	return items[item].slack + items[item].slack_per_cpu * sysconf(_SC_NPROCESSORS_ONLN);
}

void balance_read(struct balance *books)
{
	static char text[32768];

	sync();
	/* 4 keeps the kernel from logging each call. */
	write_to("/proc/sys/vm/drop_caches", "7");
	write_to("/proc/sys/vm/stat_refresh", "1");
	for (int i = 0; i < BALANCE_ITEMS; i++)
		books->value[i] = procfs_read(items[i].file, text, sizeof(text))
					  ? find(text, items[i].key)
					  : 0;
	books->value[BALANCE_MEM_FREE] += per_cpu_free_kb();
}

bool balance_holds(const struct balance *base, const struct balance *now, char *reason, size_t size)
{
	for (int i = 0; i < BALANCE_ITEMS; i++) {
		if (loss_of(i, now->value[i] - base->value[i]) <= slack_of(i))
			continue;
		snprintf(reason, size,
			 "%s did not come back to its base: %lld before the test, %lld after it",
			 items[i].name, base->value[i], now->value[i]);
		return false;
	}
	return true;
}
