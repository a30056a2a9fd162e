// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves the handler by siglongjmp to the thread's own frame. A signal that comes when no access
 * is under way is not ours: the default action takes it.
 */
#include "ft_trap.h"
#include "ft.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>

static __thread sigjmp_buf frame;
static __thread volatile bool armed;
static __thread volatile struct ft_trap caught;

static void on_trap(int signum, siginfo_t *info, void *context)
{
	(void)context;
	if (!armed) {
		signal(signum, SIG_DFL);
		return;
	}
	armed = false;
	caught.signum = signum;
	caught.code = info->si_code;
	caught.addr = (uintptr_t)info->si_addr;
	siglongjmp(frame, 1);
}

void ft_trap_prepare(void)
{
	/* Not masked inside of its handler: then the way out needs no system call. */
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};

	if (sigaction(SIGBUS, &action, NULL) < 0 || sigaction(SIGSEGV, &action, NULL) < 0)
		ft_fail_errno("sigaction");
}

static struct ft_trap take_caught(void)
{
	return (struct ft_trap){.signum = caught.signum, .code = caught.code, .addr = caught.addr};
}

struct ft_trap ft_trap_load(const void *addr, char *ret_value)
{
	char value;

	if (sigsetjmp(frame, 0))
		return take_caught();
	armed = true;
	value = *(const volatile char *)addr;
	armed = false;
	if (ret_value)
		*ret_value = value;
	return (struct ft_trap){0};
}

struct ft_trap ft_trap_store(void *addr, char value)
{
	if (sigsetjmp(frame, 0))
		return take_caught();
	armed = true;
	*(volatile char *)addr = value;
	armed = false;
	return (struct ft_trap){0};
}

struct ft_trap ft_trap_store_word(void *addr, uint64_t value)
{
	if (sigsetjmp(frame, 0))
		return take_caught();
	armed = true;
	*(volatile uint64_t *)addr = value;
	armed = false;
	return (struct ft_trap){0};
}

struct ft_trap ft_trap_load_word(const void *addr, uint64_t *ret_value)
{
	uint64_t value;

	if (sigsetjmp(frame, 0))
		return take_caught();
	armed = true;
	value = *(const volatile uint64_t *)addr;
	armed = false;
	*ret_value = value;
	return (struct ft_trap){0};
}

static void expect(const struct ft_trap *trap, int signum, int code, const void *addr,
		   const char *what)
{
	if (!trap->signum)
		ft_fail("%s went through, and %s was due", what, strsignal(signum));
	if (trap->signum != signum || trap->code != code || trap->addr != (uintptr_t)addr)
		ft_fail("%s at %p gave signal %d, si_code %d, si_addr %p, and not signal %d, "
			"si_code %d",
			what, addr, trap->signum, trap->code, (void *)trap->addr, signum, code);
}

void ft_trap_expect(const struct ft_trap *trap, int signum, const void *addr, const char *what)
{
	expect(trap, signum, signum == SIGBUS ? BUS_ADRERR : SEGV_ACCERR, addr, what);
}

void ft_trap_expect_unmapped(const struct ft_trap *trap, const void *addr, const char *what)
{
	expect(trap, SIGSEGV, SEGV_MAPERR, addr, what);
}

void ft_trap_expect_none(const struct ft_trap *trap, const char *what)
{
	if (trap->signum)
		ft_fail("%s ended with signal %d, si_code %d, si_addr %p", what, trap->signum,
			trap->code, (void *)trap->addr);
}
