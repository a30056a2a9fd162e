/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test is, and how it says what it found. Each case runs in a process of its own, so that
 * a case that dies, or that leaves memory and threads behind, cannot touch the next one.
 */
#pragma once

#include "fl_wire.h"

#include <stddef.h>
#include <stdint.h>

struct ft_test {
	const char *name;
	const char *summary;
	unsigned timeout_ms; /* on a kernel without checkers */
	unsigned cpus;	     /* least number of vCPUs; 0 means 1 */
	unsigned memory_mib; /* least memory of the guest */
	const char *disks;   /* blank-separated lists; NULL means none */
	const char *modules;
	const char *config;
	void (*run)(const struct ft_test *test);
	int arg; /* which member of a family the test is */
};

/* The table of tests (tests/table.c), ended by NULL, in the order in which they run. */
extern const struct ft_test *const ft_tests[];

/* Families that only run when they are named; each ended by one without a name. */
extern const struct ft_test *const ft_named_tests[];

/* A family for the harness' own tests, which is in no manifest. */
extern const struct ft_test *const ft_hidden_tests;

/* Once, before the first case. */
void ft_plan(unsigned n_cases);

/* One case: runs fn(arg) in a child. It holds when fn returns. */
void ft_case(void (*fn)(const void *arg), const void *arg, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/* Instead of the plan: the test does not apply. Ends the program. */
void ft_skip_all(const char *reason, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* From any thread of a case: it failed, for this reason (one sentence). Ends the case. */
void ft_fail(const char *reason, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* From any thread of a case: it does not apply. Ends the case. */
void ft_skip(const char *reason, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A call that cannot fail did: "open /tmp: No such file or directory". */
void ft_fail_errno(const char *call) __attribute__((noreturn));

/* Figures: summed up over the cases, or the greatest of them. */
void ft_metric_add(const char *name, uint64_t value);
void ft_metric_max(const char *name, uint64_t value);

/* The state of a seeded stream (fl_wire_random) of this run and this name. */
uint64_t ft_stream(const char *name);

/* A limit in ms, stretched for slow kernels and machines. */
int ft_scaled_ms(int ms);

/*
 * Such a limit for a loop that looks again and again. When a look comes late, the whole machine stood
 * still, the looker as well as what is waited for: that time does not count.
 */
struct ft_limit {
	uint64_t seen_ns, left_ns;
};
struct ft_limit ft_limit_new(int ms);
int ft_limit_is_over(struct ft_limit *limit);

/* poll(2) with such a limit; 0 when it is over. */
struct pollfd;
int ft_limit_poll(struct pollfd *fds, unsigned n_fds, int ms);

/* So many rounds, times the effort that the plan asks for: what a race may need more of. */
unsigned ft_rounds(unsigned rounds);

uint64_t ft_now_ns(void);
unsigned ft_cpus(void);

/* 1, as many as vCPUs, twice as many; without the doubles. The number of counts is returned. */
#define FT_THREAD_COUNTS 3
unsigned ft_thread_counts(unsigned counts[FT_THREAD_COUNTS]);

#define FT_PAGE 4096u
