// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the workload of first-touch adds to the faults that it makes: fresh pages of a memfd stored
 * to by a bare loop and by ft_touch_pages with one thread, in turns. Proves nothing about a kernel and
 * is run by name only: `make bench` does.
 */
#include "ft.h"
#include "ft_touch.h"
#include "table.h"

#include <stdlib.h>

#define PAGES  4096
#define ROUNDS 15

static uint64_t bare_ns(void)
{
	struct ft_map map = ft_map_new(FT_MEMFD, PAGES);
	uint64_t start = ft_now_ns(), ns;

	for (size_t page = 0; page < PAGES; page++)
		*(volatile uint64_t *)(map.addr + page * FT_PAGE) = page;
	ns = ft_now_ns() - start;
	ft_map_free(&map);
	return ns;
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

static uint64_t faults_per_second(uint64_t ns[ROUNDS])
{
	qsort(ns, ROUNDS, sizeof(*ns), compare);
	return PAGES * 1000000000ull / ns[ROUNDS / 2];
}

static void cost(const void *arg)
{
	uint64_t bare[ROUNDS], touch[ROUNDS];

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		bare[i] = bare_ns();
		touch[i] = touch_ns(i);
	}
	ft_metric_max("bare_faults_per_second", faults_per_second(bare));
	ft_metric_max("touch_faults_per_second", faults_per_second(touch));
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
	 .timeout_ms = 20000,
	 .memory_mib = 128,
	 .config = "CONFIG_MEMFD_CREATE",
	 .run = run},
	{.name = NULL},
};
