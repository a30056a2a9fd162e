// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the workload of first-touch adds to the faults that it makes: fresh pages of a memfd stored
 * to by a bare loop and by ft_touch_pages with one thread, in turns. Proves nothing about a kernel and
 * is run by name only: `make bench` does.
 */
#include "ft.h"
#include "ft_touch.h"
#include "table.h"

#include <pthread.h>
#include <stdlib.h>

#define PAGES  4096
#define ROUNDS 101

/* What the bare thread stores to, and what it took. */
struct bare {
	char *addr;
	uint64_t ns;
};

static void *store_bare(void *arg)
{
	struct bare *bare = arg;
	uint64_t start = ft_now_ns();

	for (size_t page = 0; page < PAGES; page++)
		*(volatile uint64_t *)(bare->addr + page * FT_PAGE) = page;
	bare->ns = ft_now_ns() - start;
	return NULL;
}

/* In a thread as the workload's: faults of a second thread cost more than the first one's. */
static uint64_t bare_ns(void)
{
	struct ft_map map = ft_map_new(FT_MEMFD, PAGES);
	struct bare bare = {.addr = map.addr};
	pthread_t thread;

	if (pthread_create(&thread, NULL, store_bare, &bare) != 0)
		ft_fail("the bare thread could not be made");
	pthread_join(thread, NULL);
	ft_map_free(&map);
	return bare.ns;
}

static uint64_t touch_ns(uint64_t seed)
{
	struct ft_map map = ft_map_new(FT_MEMFD, PAGES);
	struct ft_touch touch = ft_touch_pages(&map, 1, seed);

	ft_map_free(&map);
	return touch.ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static uint64_t median(uint64_t values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

/*
 * What the host does beside it comes and goes within a second: only the two of a round, which takes a
 * tenth of that, are compared with each other. Which is first changes from round to round.
 */
static void cost(const void *arg)
{
	uint64_t bare[ROUNDS], permille[ROUNDS];

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t touch = i % 2 ? touch_ns(i) : 0;

		bare[i] = bare_ns();
		if (!touch)
			touch = touch_ns(i);
		permille[i] = bare[i] * 1000 / touch;
	}
	ft_metric_max("bare_faults_per_second", PAGES * 1000000000ull / median(bare));
	ft_metric_max("touch_permille_of_bare", median(permille));
}

static void run(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(cost, NULL, "cost");
}

const struct ft_test touch_cost[] = {
	{.name = "touch-cost",
	 .summary = "what the workload of first-touch costs beside its faults",
	 .timeout_ms = 60000,
	 .memory_mib = 128,
	 .config = "CONFIG_MEMFD_CREATE",
	 .run = run},
	{.name = NULL},
};
