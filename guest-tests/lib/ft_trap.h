/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A load or a store that may end in a signal, and what that signal said.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ft_trap {
	int signum; /* 0: none came */
	int code;
	uintptr_t addr;
};

/* Once in a case, before the first access; holds for all of its threads. */
void ft_trap_prepare(void);

/* One byte. ret_value may be NULL. */
struct ft_trap ft_trap_load(const void *addr, char *ret_value);
struct ft_trap ft_trap_store(void *addr, char value);

/* One word, of which a signal leaves all or nothing. */
struct ft_trap ft_trap_store_word(void *addr, uint64_t value);
struct ft_trap ft_trap_load_word(const void *addr, uint64_t *ret_value);

/*
 * Fails the case unless just this signal came for just this address: SIGBUS with BUS_ADRERR, or
 * SIGSEGV with SEGV_ACCERR. The message begins with what was tried: "a store past the end".
 */
void ft_trap_expect(const struct ft_trap *trap, int signum, const void *addr, const char *what);
/* The same for SIGSEGV with SEGV_MAPERR. */
void ft_trap_expect_unmapped(const struct ft_trap *trap, const void *addr, const char *what);
void ft_trap_expect_none(const struct ft_trap *trap, const char *what);
