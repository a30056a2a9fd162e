// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer's loop. It touches nothing of what it maps: it shall be in nobody's way but by the lock.
 */
#include "ft_writer.h"
#include "ft.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

struct ft_writer {
	atomic_bool stop;
	uint64_t rounds;
	pthread_t thread;
};

static void *write_lock(void *arg)
{
	struct ft_writer *writer = arg;

	while (!atomic_load(&writer->stop)) {
		void *addr = mmap(NULL, FT_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (addr == MAP_FAILED || munmap(addr, FT_PAGE) < 0)
			ft_fail_errno("mmap and munmap beside the faults");
		writer->rounds++;
	}
	return NULL;
}

struct ft_writer *ft_writer_start(void)
{
	struct ft_writer *writer = calloc(1, sizeof(*writer));

	if (!writer || pthread_create(&writer->thread, NULL, write_lock, writer) != 0)
		ft_fail("the writer's thread could not be made");
	return writer;
}

uint64_t ft_writer_stop(struct ft_writer *writer)
{
	uint64_t rounds;

	atomic_store(&writer->stop, true);
	pthread_join(writer->thread, NULL);
	rounds = writer->rounds;
	free(writer);
	return rounds;
}
