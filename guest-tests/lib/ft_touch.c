// SPDX-License-Identifier: GPL-2.0-only
/*
 * Touches and verifies. Reads the lock counters only while the threads stand at their barriers.
 */
#include "ft_touch.h"
#include "ft.h"
#include "ft_team.h"

#include <string.h>

/* What a thread's stores took, without the time until it woke and until it was waited for. */
struct span {
	uint64_t begin, end, longest; /* ticks */
};

struct job {
	char *addr;
	size_t pages;
	unsigned threads;
	uint64_t seed;
	struct span spans[FT_TEAM_MAX];
};

/* The counter itself: clock_gettime takes a tenth of the time of a fault. */
static uint64_t ticks(void)
{
	return __builtin_ia32_rdtsc();
}

/* Never 0, so that a page that was not written cannot look written. */
static uint64_t word_of(uint64_t seed, size_t page)
{
	uint64_t state = seed + page;

	return fl_wire_random(&state) | 1;
}

static size_t place_of(uint64_t word)
{
	return (word >> 8) % (FT_PAGE / sizeof(uint64_t)) * sizeof(uint64_t);
}

static void store_share(unsigned index, void *arg)
{
	struct job *job = arg;
	uint64_t begin = ticks(), before = begin, longest = 0;

	for (size_t page = index; page < job->pages; page += job->threads) {
		uint64_t word = word_of(job->seed, page), now;

		*(volatile uint64_t *)(job->addr + page * FT_PAGE + place_of(word)) = word;
		now = ticks();
		if (now - before > longest)
			longest = now - before;
		before = now;
	}
	job->spans[index] = (struct span){begin, before, longest};
}

/* From the first thread's begin to the last one's end, and the longest store of any. */
static struct span span_of_all(const struct job *job)
{
	struct span all = job->spans[0];

	for (unsigned i = 1; i < job->threads; i++) {
		const struct span *span = &job->spans[i];

		if (span->begin < all.begin)
			all.begin = span->begin;
		if (span->end > all.end)
			all.end = span->end;
		if (span->longest > all.longest)
			all.longest = span->longest;
	}
	return all;
}

struct ft_touch ft_touch_pages(const struct ft_map *map, unsigned threads, uint64_t seed)
{
	struct job job = {
		.addr = map->addr, .pages = map->bytes / FT_PAGE, .threads = threads, .seed = seed};
	struct ft_team *team = ft_team_new(threads, store_share, &job);
	struct ft_touch touch = {.seed = seed};
	struct ft_lockstat before = {0}, after = {0};
	uint64_t start_ns, start_ticks;
	double ns_per_tick;
	struct span all;

	/* Twice: the first call brings its own pages in. */
	(void)ft_lockstat_read(&before);
	(void)ft_lockstat_read(&before);
	start_ns = ft_now_ns();
	start_ticks = ticks();
	ft_team_go(team);
	ft_team_wait(team);
	ns_per_tick = (double)(ft_now_ns() - start_ns) / (double)(ticks() - start_ticks);
	all = span_of_all(&job);
	touch.ns = (uint64_t)((double)(all.end - all.begin) * ns_per_tick);
	touch.longest_ns = (uint64_t)((double)all.longest * ns_per_tick);
	(void)ft_lockstat_read(&after);
	ft_team_free(team);
	touch.lock = ft_lockstat_delta(&before, &after);
	return touch;
}

void ft_touch_expected(uint64_t seed, size_t page, void *buffer)
{
	uint64_t word = word_of(seed, page);

	memset(buffer, 0, FT_PAGE);
	memcpy((char *)buffer + place_of(word), &word, sizeof(word));
}

void ft_touch_verify(const struct ft_map *map, uint64_t seed)
{
	char expected[FT_PAGE], found[FT_PAGE];

	for (size_t page = 0; page < map->bytes / FT_PAGE; page++) {
		ft_touch_expected(seed, page, expected);
		if (ft_map_readable(map))
			ft_map_pread(map, page, found);
		else
			memcpy(found, map->addr + page * FT_PAGE, FT_PAGE);
		if (memcmp(found, expected, FT_PAGE) != 0)
			ft_fail("page %zu of %s does not hold what was stored there", page,
				ft_kind_name(map->kind));
	}
}

void ft_touch_report(const struct ft_map *map, const struct ft_touch *touch)
{
	uint64_t faults = map->bytes / FT_PAGE;

	ft_metric_add("faults", faults);
	ft_metric_max("faults_per_second", touch->ns ? faults * 1000000000u / touch->ns : 0);
	ft_metric_add("vma_lock_success",
		      touch->lock.success > 0 ? (uint64_t)touch->lock.success : 0);
	ft_metric_add("vma_lock_retry", touch->lock.retry > 0 ? (uint64_t)touch->lock.retry : 0);
	ft_metric_max("longest_fault_us", touch->longest_ns / 1000);
}
