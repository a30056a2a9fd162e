// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting to be saved, and what makes the guests that were restored differ: orders, and random
 * numbers. Everything else of them is the same to the last bit.
 */
#include "savepoint.h"

#include "fwcfg.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Programs are root, and could read their guest's nonce there. */
#define FWCFG_FILES "/sys/firmware/qemu_fw_cfg"

#define ORDERS_MAX (256 * 1024)
#define POLL_US	   1000

/* drivers/char/random.c */
#define POOL_READY_BITS 256

/* What PID 1 may do at its ports every program may that it starts. */
static bool use_ports(int on)
{
	return ioperm(FWCFG_PORT, 2, on) == 0;
}

static const char *obstacle(void)
{
	if (access(FWCFG_FILES, F_OK) == 0)
		return "the kernel shows orders to programs, in " FWCFG_FILES;
	if (!use_ports(1))
		return "the kernel gives no I/O ports away (CONFIG_X86_IOPL_IOPERM)";
	return NULL;
}

bool savepoint_vouch(struct session *session)
{
	const struct order *boot = &session->orders->tests[0];
	const char *why = obstacle();

	emit_printf(session->emit, FL_WIRE_START, "%u %s", boot->number, boot->name);
	session->n_started++;
	kmsg_drain(session->kmsg, session->emit);
	if (why)
		emit_printf(session->emit, FL_WIRE_KTAP, "# %s: %s", boot->name, why);
	emit_printf(session->emit, FL_WIRE_KTAP, "%s %u %s", why ? "not ok" : "ok", boot->number,
		    boot->name);
	session->n_results++;
	return !why;
}

/*
 * The pool that all guests have in common gives each of them other numbers from here on. It may not have been
 * ready when they were saved; an early reader would get the same ones everywhere.
 */
static void stir(const struct orders *orders)
{
	union {
		struct rand_pool_info info;
		char bytes[sizeof(struct rand_pool_info) + FL_WIRE_NONCE_LEN];
	} seed = {.info = {.entropy_count = POOL_READY_BITS, .buf_size = FL_WIRE_NONCE_LEN}};
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	memcpy(seed.bytes + sizeof(seed.info), orders->nonce, FL_WIRE_NONCE_LEN);
	if (ioctl(fd, RNDADDENTROPY, &seed) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
		dprintf(STDERR_FILENO, "faultline init: /dev/urandom: %s\n", strerror(errno));
	close(fd);
}

unsigned savepoint_pass(struct orders *orders)
{
	static char text[ORDERS_MAX];
	unsigned bad_line;

	while (!fwcfg_read(FL_WIRE_ORDERS_FW_CFG, text, sizeof(text)))
		usleep(POLL_US);
	/* Once more: it may have been saved in the middle of the first time. */
	bad_line =
		orders_parse(orders, text, fwcfg_read(FL_WIRE_ORDERS_FW_CFG, text, sizeof(text)));
	if (!use_ports(0))
		return ORDERS_NO_FILE;
	stir(orders);
	return bad_line;
}
