// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that stores to fresh shared pages make progress, and arrive, while another thread takes
 * mmap_lock for writing again and again (mmap and munmap of something else); and measures what
 * the VMA lock is for: faults in a second, and the longest fault, beside such a writer. The figures
 * are reported and not judged.
 *
 * A kernel that starves one side does not come to the end.
 */
#include "ft.h"
#include "ft_touch.h"
#include "ft_writer.h"
#include "table.h"

#define PAGES 8192

static void fault_beside_writer(const void *arg)
{
	enum ft_kind kind = *(const enum ft_kind *)arg;
	struct ft_map map = ft_map_new(kind, PAGES);
	unsigned threads = ft_cpus() > 2 ? ft_cpus() - 1 : 1;
	struct ft_writer *writer = ft_writer_start();
	struct ft_touch touch = ft_touch_pages(&map, threads, ft_stream("fault-progress"));

	ft_metric_add("mmap_rounds", ft_writer_stop(writer));
	ft_touch_report(&map, &touch);
	ft_touch_verify(&map, touch.seed);
	ft_map_free(&map);
}

static void run(const struct ft_test *test)
{
	static const enum ft_kind kinds[] = {FT_TMPFS, FT_ANON};

	(void)test;
	ft_plan(2);
	for (size_t k = 0; k < 2; k++)
		ft_case(fault_beside_writer, &kinds[k], "%s", ft_kind_name(kinds[k]));
}

const struct ft_test fault_progress = {
	.name = "fault-progress",
	.summary =
		"faults make progress beside a thread that loops mmap and munmap; reports how fast",
	.timeout_ms = 20000,
	.memory_mib = 192,
	.config = "CONFIG_TMPFS",
	.run = run,
};
