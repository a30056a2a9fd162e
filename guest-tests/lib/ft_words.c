// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values carry the number of their owner in their upper bits, so that a word in the wrong place
 * says whose it is.
 */
#include "ft_words.h"
#include "ft.h"
#include "ft_team.h"
#include "ft_trap.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS_PER_PAGE (FT_PAGE / sizeof(uint64_t))
#define STRIDE	       (WORDS_PER_PAGE / FT_TEAM_MAX)
#define OWNER_SHIFT    48

static size_t ledger_bytes(const struct ft_words *words)
{
	return words->pages * words->threads * sizeof(*words->last);
}

struct ft_words ft_words_new(size_t pages, unsigned threads, uint64_t seed)
{
	struct ft_words words = {.pages = pages, .threads = threads, .first = seed % (STRIDE - 1)};

	words.last = mmap(NULL, ledger_bytes(&words), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (words.last == MAP_FAILED || threads > FT_TEAM_MAX)
		ft_fail_errno("mmap of the ledger");
	return words;
}

void ft_words_free(struct ft_words *words)
{
	munmap((void *)words->last, ledger_bytes(words));
	words->last = NULL;
}

static size_t place_of(const struct ft_words *words, unsigned thread)
{
	return words->first + thread * STRIDE;
}

volatile uint64_t *ft_words_at(const struct ft_words *words, void *addr, size_t page,
			       unsigned thread)
{
	return (volatile uint64_t *)addr + page * WORDS_PER_PAGE + place_of(words, thread);
}

uint64_t ft_words_last(const struct ft_words *words, size_t page, unsigned thread)
{
	return atomic_load_explicit(&words->last[page * words->threads + thread],
				    memory_order_acquire);
}

uint64_t ft_words_next(const struct ft_words *words, size_t page, unsigned thread)
{
	uint64_t last = ft_words_last(words, page, thread);

	return last ? last + 1 : (uint64_t)(thread + 1) << OWNER_SHIFT;
}

void ft_words_enter(const struct ft_words *words, size_t page, unsigned thread, uint64_t value)
{
	atomic_store_explicit(&words->last[page * words->threads + thread], value,
			      memory_order_release);
}

void ft_words_store_first(const struct ft_words *words, void *addr, size_t page, unsigned thread)
{
	volatile uint64_t *at = ft_words_at(words, addr, page, thread);
	uint64_t next = ft_words_next(words, page, thread), found;

	*at = next;
	found = *at;
	if (found != next)
		ft_fail("a store was lost: thread %u stored %#llx to its word of page %zu and at "
			"once found %#llx there",
			thread, (unsigned long long)next, page, (unsigned long long)found);
	ft_words_enter(words, page, thread, next);
}

void ft_words_store(const struct ft_words *words, void *addr, size_t page, unsigned thread)
{
	uint64_t last = ft_words_last(words, page, thread);
	uint64_t found = *ft_words_at(words, addr, page, thread);

	if (found != last)
		ft_fail("a store was lost: thread %u stored %#llx to its word of page %zu and "
			"later found %#llx there",
			thread, (unsigned long long)last, page, (unsigned long long)found);
	ft_words_store_first(words, addr, page, thread);
}

void ft_words_store_either(const struct ft_words *words, void *addr, size_t page, unsigned thread,
			   bool looks)
{
	if (looks)
		ft_words_store(words, addr, page, thread);
	else
		ft_words_store_first(words, addr, page, thread);
}

void ft_words_try_store(const struct ft_words *words, void *addr, size_t page, unsigned thread)
{
	uint64_t next = ft_words_next(words, page, thread);
	void *at = (void *)ft_words_at(words, addr, page, thread);

	if (!ft_trap_store_word(at, next).signum)
		ft_words_enter(words, page, thread, next);
}

void ft_words_forget(const struct ft_words *words)
{
	for (size_t i = 0; i < words->pages * words->threads; i++)
		atomic_store_explicit(&words->last[i], 0, memory_order_relaxed);
}

void ft_words_expected(const struct ft_words *words, size_t page, void *buffer)
{
	memset(buffer, 0, FT_PAGE);
	for (unsigned thread = 0; thread < words->threads; thread++)
		((uint64_t *)buffer)[place_of(words, thread)] = ft_words_last(words, page, thread);
}

static void compare(const struct ft_words *words, size_t page, const uint64_t *found,
		    const char *how)
{
	uint64_t expected[WORDS_PER_PAGE];

	ft_words_expected(words, page, expected);
	for (size_t i = 0; i < WORDS_PER_PAGE; i++)
		if (found[i] != expected[i])
			ft_fail("word %zu of page %zu is %#llx, seen by %s, and %#llx was stored "
				"there",
				i, page, (unsigned long long)found[i], how,
				(unsigned long long)expected[i]);
}

void ft_words_verify(const struct ft_words *words, const struct ft_map *map, const char *how)
{
	uint64_t found[WORDS_PER_PAGE];

	for (size_t page = 0; page < words->pages; page++) {
		ft_map_read(map, page, found);
		compare(words, page, found, how);
	}
}

void ft_words_verify_file(const struct ft_words *words, int fd, const char *how)
{
	_Alignas(FT_PAGE) uint64_t found[WORDS_PER_PAGE];

	for (size_t page = 0; page < words->pages; page++) {
		if (pread(fd, found, FT_PAGE, (off_t)(page * FT_PAGE)) != (ssize_t)FT_PAGE)
			ft_fail("%s of page %zu came short", how, page);
		compare(words, page, found, how);
	}
}
