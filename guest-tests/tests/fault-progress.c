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
#include "ft_team.h"
#include "ft_touch.h"
#include "table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define PAGES 8192

struct writer {
	atomic_bool stop;
	uint64_t rounds;
	pthread_t thread;
};

static void *write_lock(void *arg)
{
	struct writer *writer = arg;

	while (!atomic_load(&writer->stop)) {
		void *addr = mmap(NULL, FT_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (addr == MAP_FAILED || munmap(addr, FT_PAGE) < 0)
			ft_fail_errno("mmap and munmap beside the faults");
		writer->rounds++;
	}
	return NULL;
}

static void fault_beside_writer(const void *arg)
{
	enum ft_kind kind = *(const enum ft_kind *)arg;
	struct ft_map map = ft_map_new(kind, PAGES);
	unsigned threads = ft_cpus() > 2 ? ft_cpus() - 1 : 1;
	struct writer writer = {.rounds = 0};
	struct ft_touch touch;

	if (pthread_create(&writer.thread, NULL, write_lock, &writer) != 0)
		ft_fail("the writer's thread could not be made");
	touch = ft_touch_pages(&map, threads, ft_stream("fault-progress"));
	atomic_store(&writer.stop, true);
	pthread_join(writer.thread, NULL);
	ft_touch_report(&map, &touch);
	ft_metric_add("mmap_rounds", writer.rounds);
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
