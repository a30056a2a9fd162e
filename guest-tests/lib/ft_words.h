/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words with an owner: in each page each thread has one word that only it stores to, each time a
 * greater value, and a ledger says what it stored last. So whoever looks at the page can tell
 * what must be there, also while the threads go on. The last word of a page is nobody's.
 */
#pragma once

#include "ft_map.h"

#include <stdint.h>

struct ft_words {
	size_t pages;
	unsigned threads;
	size_t first;		/* where in the page the first thread's word is */
	_Atomic uint64_t *last; /* the ledger; children share it */
};

struct ft_words ft_words_new(size_t pages, unsigned threads, uint64_t seed);
void ft_words_free(struct ft_words *words);

volatile uint64_t *ft_words_at(const struct ft_words *words, void *addr, size_t page,
			       unsigned thread);
/* The owner's next value, and its entry in the ledger once it is stored. */
uint64_t ft_words_next(const struct ft_words *words, size_t page, unsigned thread);
void ft_words_enter(const struct ft_words *words, size_t page, unsigned thread, uint64_t value);
uint64_t ft_words_last(const struct ft_words *words, size_t page, unsigned thread);

/*
 * Looks whether the last value is still there, stores the next, and looks again. Fails the case
 * when a store was lost, or went back.
 */
void ft_words_store(const struct ft_words *words, void *addr, size_t page, unsigned thread);

/* The same without looking before: the first access to the page is the store. */
void ft_words_store_first(const struct ft_words *words, void *addr, size_t page, unsigned thread);

/* One or the other: a page that is not there is faulted in by a load, or by a store. */
void ft_words_store_either(const struct ft_words *words, void *addr, size_t page, unsigned thread,
			   bool looks);

/* A store that may end in a signal: the ledger has it only if it went through. */
void ft_words_try_store(const struct ft_words *words, void *addr, size_t page, unsigned thread);

/* The pages were emptied: all words are 0 again. Nobody may store meanwhile. */
void ft_words_forget(const struct ft_words *words);

/* A page as the ledger says it is, all of it. */
void ft_words_expected(const struct ft_words *words, size_t page, void *buffer);

/* Compares every page with the ledger: with ft_map_read, or by read of the file itself. */
void ft_words_verify(const struct ft_words *words, const struct ft_map *map, const char *how);
void ft_words_verify_file(const struct ft_words *words, int fd, const char *how);
