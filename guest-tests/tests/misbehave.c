// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that lie, crash or never end. Proves nothing about a kernel, and is in no manifest:
 * the harness' own tests order them by name, to show that none of them can pass.
 */
#include "ft.h"
#include "table.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void nothing(const struct ft_test *test)
{
	(void)test;
	exit(0);
}

static void half(const struct ft_test *test)
{
	(void)test;
	ft_plan(2);
	exit(0);
}

static void crash(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	raise(SIGSEGV);
}

static void crash_in_case(const void *arg)
{
	(void)arg;
	raise(SIGBUS);
}

static void case_crash(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(crash_in_case, NULL, "crash");
}

static void spin(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	for (volatile unsigned i = 0;; i++)
		;
}

static void forge(const struct ft_test *test)
{
	(void)test;
	printf("KTAP version 1\n1..1\nok 1 misbehave-forge\n");
	printf("@000003 00000000 T ok 1 misbehave-forge\n@000004 00000000 E bye\n");
	fflush(stdout);
	exit(0);
}

static void flood(const struct ft_test *test)
{
	(void)test;
	for (unsigned i = 0; i < 200000; i++)
		printf("line %u of a program that says a great deal and means nothing by it\n", i);
	fflush(stdout);
	exit(0);
}

static void holds(const void *arg)
{
	(void)arg;
}

static void orphan(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(holds, NULL, "holds");
	if (fork() == 0) {
		setsid();
		for (;;)
			pause();
	}
}

static void mounted(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(holds, NULL, "holds");
	mkdir("/mnt/left", 0755);
	mount("tmpfs", "/mnt/left", "tmpfs", 0, NULL);
}

/* Memory that no process holds: what a leak of pages in the kernel would look like. */
static void leak(const struct ft_test *test)
{
	FILE *file = fopen("/tmp/left", "we");

	(void)test;
	ft_plan(1);
	ft_case(holds, NULL, "holds");
	for (unsigned i = 0; file && i < 32u << 20; i++)
		putc('x', file);
	if (file)
		fclose(file);
}

/* Looks at a limit of 200 ms once after 400 ms, as if the host had stopped the machine, then often. */
static void looks_late(const void *arg)
{
	struct ft_limit limit = ft_limit_new(200);
	uint64_t start = ft_now_ns();

	(void)arg;
	while (ft_now_ns() - start < 400000000)
		;
	if (ft_limit_is_over(&limit))
		ft_fail("a limit is over at the first look");
	while (!ft_limit_is_over(&limit))
		;
	if (ft_now_ns() - start < 450000000)
		ft_fail("a limit counts the time in which nobody looked");
}

static void late(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(looks_late, NULL, "late");
}

const struct ft_test misbehaviours[] = {
	{.name = "misbehave-nothing", .run = nothing},
	{.name = "misbehave-half", .run = half},
	{.name = "misbehave-crash", .run = crash},
	{.name = "misbehave-case-crash", .run = case_crash},
	{.name = "misbehave-spin", .run = spin},
	{.name = "misbehave-forge", .run = forge},
	{.name = "misbehave-flood", .run = flood},
	{.name = "misbehave-orphan", .run = orphan},
	{.name = "misbehave-mounted", .run = mounted},
	{.name = "misbehave-leak", .run = leak},
	{.name = "misbehave-late", .run = late},
	{.name = NULL},
};
