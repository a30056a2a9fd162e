// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the kernel report mistakes that it did not make: each test asks the driver fl_splat for one.
 * Proves nothing about a kernel, and is run by name only: `make splats` shows by them that the judge
 * recognises each report that a kernel can make, with the right kind and the guilty function.
 */
#include "ft.h"
#include "ft_procfs.h"
#include "table.h"

#include <string.h>
#include <sys/mman.h>

/* Longer than the slowest watchdog needs: a soft lockup is told after 22 s at full speed. */
#define TIMEOUT_MS 30000
#define HOG_BYTES  (64ull << 30)

/* The name of the mistake is the test's without "splat-". */
static void provoke(const void *arg)
{
	ft_procfs_write("/dev/fl_splat", arg);
}

/* More memory than there is, in one process. */
static void hog(const void *arg)
{
	char *memory = mmap(NULL, HOG_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)arg;
	if (memory == MAP_FAILED)
		ft_fail_errno("mmap");
	for (size_t at = 0; at < HOG_BYTES; at += FT_PAGE)
		*(volatile char *)(memory + at) = 1;
}

static void run(const struct ft_test *test)
{
	ft_plan(1);
	ft_case(provoke, strchr(test->name, '-') + 1, "provoke");
}

/* Work that takes long is not set aside any more, so that what waits behind it goes on waiting. */
static void provoke_workqueue(const void *arg)
{
	ft_procfs_write("/sys/module/workqueue/parameters/cpu_intensive_thresh_us", "0");
	provoke(arg);
}

static void run_workqueue(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(provoke_workqueue, "workqueue", "provoke");
}

static void run_hog(const struct ft_test *test)
{
	(void)test;
	ft_plan(1);
	ft_case(hog, NULL, "hog");
}

#define SPLAT_BY(how, what, options, words)                                         \
	{                                                                           \
		.name = "splat-" what, .summary = "provokes a report: " words,      \
		.timeout_ms = TIMEOUT_MS, .memory_mib = 128, .modules = "fl_splat", \
		.config = options, .run = how                                       \
	}
#define SPLAT(what, options, words) SPLAT_BY(run, what, options, words)

const struct ft_test splats[] = {
	SPLAT("null", NULL, "a store to address 0"),
	SPLAT("gpf", NULL, "a store to an address that cannot be"),
	SPLAT("divide", NULL, "a division by 0"),
	SPLAT("bug", "CONFIG_BUG", "BUG()"),
	SPLAT("panic", NULL, "panic()"),
	SPLAT("triple", NULL, "an exception without handlers, which resets the machine"),
	SPLAT("warn", "CONFIG_BUG", "WARN_ON()"),
	SPLAT("list", "CONFIG_DEBUG_LIST", "an entry of a list that points elsewhere"),
	SPLAT("refcount", NULL, "a count of references that goes up from 0"),
	SPLAT("flood", "CONFIG_BUG", "WARN_ON() after more lines than the log buffer holds"),
	SPLAT("rss", NULL, "a resident set that is not empty at the end"),
	SPLAT("page-tables", NULL, "page tables that are left at the end"),
	SPLAT("page-state", "CONFIG_DEBUG_VM", "a page that is freed with a mapping"),
	SPLAT("redzone", "CONFIG_SLUB_DEBUG_ON", "a store behind an object"),
	SPLAT("out-of-bounds", "CONFIG_KASAN", "a store behind an object"),
	SPLAT("use-after-free", "CONFIG_KASAN", "a store to a freed object"),
	SPLAT("double-free", "CONFIG_KASAN", "an object that is freed twice"),
	SPLAT("circular", "CONFIG_PROVE_LOCKING", "two locks in both orders"),
	SPLAT("recursive", "CONFIG_PROVE_LOCKING", "two locks of a class inside each other"),
	SPLAT("unbalanced", "CONFIG_PROVE_LOCKING", "a lock that is dropped and was not held"),
	SPLAT("freed-lock", "CONFIG_PROVE_LOCKING", "a held lock that is freed"),
	SPLAT("kept-lock", "CONFIG_PROVE_LOCKING", "a lock that is held on return to user space"),
	SPLAT("irq-lock", "CONFIG_PROVE_LOCKING", "a lock that an interrupt takes, too"),
	SPLAT("rcu", "CONFIG_PROVE_LOCKING", "a pointer that is read without RCU's lock"),
	SPLAT("sleep", "CONFIG_DEBUG_ATOMIC_SLEEP", "a sleep where none is allowed"),
	SPLAT("schedule", "CONFIG_DEBUG_ATOMIC_SLEEP", "a switch of tasks where none is allowed"),
	SPLAT("soft-lockup", "CONFIG_SOFTLOCKUP_DETECTOR", "a CPU that does not schedule"),
	SPLAT("hard-lockup", "CONFIG_HARDLOCKUP_DETECTOR", "a CPU that takes no interrupts"),
	SPLAT("rcu-stall", "CONFIG_PREEMPT", "a reader of RCU that does not end"),
	SPLAT("hung", "CONFIG_DETECT_HUNG_TASK", "a task that does not come back"),
	SPLAT("hung-lock", "CONFIG_DETECT_HUNG_TASK", "a task that waits for its own lock"),
	SPLAT_BY(run_workqueue, "workqueue", "CONFIG_WQ_WATCHDOG", "work that nothing gets to"),
	SPLAT("race", "CONFIG_KCSAN", "two tasks that count without a lock"),
	{.name = "splat-oom",
	 .summary = "provokes a report: more memory than there is",
	 .timeout_ms = TIMEOUT_MS,
	 .memory_mib = 128,
	 .run = run_hog},
	{.name = NULL},
};
