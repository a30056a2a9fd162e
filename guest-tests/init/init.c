// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the guest. Sets up what programs expect, reads its orders, and either runs the tests
 * and ends the machine, or hands the console to a shell. In C, since each program that starts on
 * the way to the first test costs more than all of this.
 */
#include "attest.h"
#include "program.h"
#include "savepoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CONSOLE "/dev/ttyS0"
#define WIRE	"/dev/ttyS1"
#define MODULES "/lib/modules"

static const struct {
	const char *type, *at, *options;
} mounts[] = {
	{"devtmpfs", "/dev", "mode=0755"},
	{"proc", "/proc", NULL},
	{"sysfs", "/sys", NULL},
	{"tmpfs", "/tmp", "mode=1777"},
	{"debugfs", "/sys/kernel/debug", NULL},
	{"tmpfs", "/dev/shm", "mode=1777"},
};

/* Leaves through the exit device: without ACPI there is no power to switch off. */
static void __attribute__((noreturn)) power_off(void)
{
	sync();
	if (ioperm(FL_WIRE_EXIT_PORT, 1, 1) == 0)
		outb(FL_WIRE_EXIT_BYTE, FL_WIRE_EXIT_PORT);
	/* Still here: a machine without the device. This halts, and the host's limits end it. */
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* What the kernel still has to say must not overtake the console's last line. */
static void complain(const char *what, const char *why)
{
	dprintf(STDERR_FILENO, "faultline init: %s: %s\n", what, why);
}

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].at, 0755);
		/* EBUSY: the kernel mounted devtmpfs itself. */
		if (mount(mounts[i].type, mounts[i].at, mounts[i].type, 0, mounts[i].options) < 0 &&
		    errno != EBUSY)
			complain(mounts[i].at, strerror(errno));
	}
	mkdir("/mnt", 0755);
}

static void open_console(void)
{
	int fd = open(CONSOLE, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void load_module(const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), MODULES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		complain(path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int is_module(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 3 && strcmp(entry->d_name + len - 3, ".ko") == 0;
}

/* "fl_probe.ko": whether fl_probe is to be loaded. */
static bool is_ordered(const struct orders *orders, const char *file)
{
	size_t len = strlen(file) - strlen(".ko");

	for (unsigned i = 0; i < orders->n_modules; i++)
		if (strlen(orders->modules[i]) == len && memcmp(orders->modules[i], file, len) == 0)
			return true;
	return false;
}

static void load_modules(const struct orders *orders)
{
	struct dirent **entries;
	int n = scandir(MODULES, &entries, is_module, alphasort);

	for (int i = 0; i < n; i++) {
		if (is_ordered(orders, entries[i]->d_name))
			load_module(entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void __attribute__((noreturn)) become_shell(void)
{
	setsid();
	open_console();
	ioctl(STDIN_FILENO, TIOCSCTTY, 1);
	setenv("PATH", "/bin:/sbin", 1);
	setenv("HOME", "/", 1);
	setenv("TERM", "vt100", 1);
	setenv("PS1", "guest# ", 1);
	execl("/bin/busybox", "sh", (char *)NULL);
	complain("/bin/busybox", strerror(errno));
	_exit(127);
}

static void on_signal(int signum)
{
	(void)signum;
}

/* Until the shell ends, or busybox's poweroff, halt or reboot asks PID 1 with a signal. */
static void __attribute__((noreturn)) run_shell(void)
{
	struct sigaction asked = {.sa_handler = on_signal};
	pid_t shell = fork();
	pid_t pid;

	if (shell == 0)
		become_shell();
	sigaction(SIGUSR1, &asked, NULL);
	sigaction(SIGUSR2, &asked, NULL);
	sigaction(SIGTERM, &asked, NULL);
	while ((pid = wait(NULL)) != shell)
		if (pid < 0)
			break;
	tcdrain(STDOUT_FILENO);
	power_off();
}

/* Long blocks: QEMU pays for a jump of the guest and hardly for a nop, the clock counts both alike. */
static void *spin(void *data)
{
	(void)data;
	for (;;)
		__asm__ volatile(".rept 64\n\tnop\n\t.endr");
	return NULL;
}

/*
 * A deterministic machine must not be idle as a whole: QEMU's main loop would move the clock on,
 * at an instant of the host's. So the last vCPU always has something to do that anything else
 * may interrupt. A thread and no process: it is none of those that a test could have left behind.
 */
static void keep_busy(void)
{
	struct sched_param none = {0};
	pthread_t thread;
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	if (pthread_create(&thread, NULL, spin, NULL) != 0 ||
	    pthread_setaffinity_np(thread, sizeof(last), &last) != 0 ||
	    pthread_setschedparam(thread, SCHED_IDLE, &none) != 0)
		complain("keeping a vCPU busy", strerror(errno));
}

static int open_wire(void)
{
	int fd = open(WIRE, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;

	if (fd < 0 || tcgetattr(fd, &raw) < 0)
		return -1;
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL;
	cfsetspeed(&raw, B115200);
	return tcsetattr(fd, TCSANOW, &raw) < 0 ? -1 : fd;
}

static long memory_kib(void)
{
	return sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024);
}

static void hello(struct session *session)
{
	struct utsname uts;

	uname(&uts);
	emit_printf(session->emit, FL_WIRE_HELLO,
		    "proto=%d cpus=%ld mem_kib=%ld release=%s seed=%llu", FL_WIRE_PROTO,
		    sysconf(_SC_NPROCESSORS_ONLN), memory_kib(), uts.release,
		    session->orders->seed);
	emit_printf(session->emit, FL_WIRE_KTAP, "KTAP version 1");
	emit_printf(session->emit, FL_WIRE_KTAP, "1..%u", session->orders->n_tests);
	(void)emit_flush(session->emit);
}

static void run_tests(struct session *session)
{
	const struct orders *orders = session->orders;

	load_modules(orders);
	yields_open(&session->yields, orders);
	kmsg_drain(session->kmsg, session->emit);
	balance_read(&session->base);
	for (unsigned i = 0; i < orders->n_tests; i++)
		if (!testrun_one(session, &orders->tests[i]))
			break;
}

/* False: not a boot from which others can go on; what it was to do is done. */
static bool run(const struct orders *orders, int wire)
{
	static struct emit emit;
	struct kmsg kmsg;
	struct session session = {.emit = &emit, .kmsg = &kmsg, .orders = orders};
	bool goes_on = false;

	emit_init(&emit, wire, orders->nonce);
	hello(&session);
	if (!kmsg_open(&kmsg)) {
		/* Without the log there is no attestation, and so no PASS. */
		complain("/dev/kmsg", strerror(errno));
		return false;
	}
	if (orders->save)
		goes_on = savepoint_vouch(&session);
	else
		run_tests(&session);
	attest(&session);
	close(kmsg.fd);
	tcdrain(wire);
	return goes_on;
}

static void __attribute__((noreturn)) refuse(const char *where, unsigned bad_line)
{
	dprintf(STDERR_FILENO, "faultline init: %s:%u: not an order\n", where, bad_line);
	power_off();
}

int main(int argc, char **argv)
{
	static struct orders orders;
	unsigned bad_line;
	int wire;

	(void)argc;
	if (getpid() != 1)
		return program_become(argv);
	program_hide_runner();
	mount_all();
	open_console();
	bad_line = orders_read(&orders, FL_WIRE_ORDERS_PATH);
	/* The nonce in it is for nobody else to read. */
	unlink(FL_WIRE_ORDERS_PATH);
	if (bad_line == ORDERS_NO_FILE)
		orders.shell = true;
	else if (bad_line)
		refuse(FL_WIRE_ORDERS_PATH, bad_line);
	if (orders.shell)
		run_shell();
	if (orders.deterministic)
		keep_busy();
	wire = open_wire();
	if (wire < 0) {
		complain(WIRE, strerror(errno));
		power_off();
	}
	while (run(&orders, wire)) {
		bad_line = savepoint_pass(&orders);
		if (bad_line)
			refuse(FL_WIRE_ORDERS_FW_CFG, bad_line);
	}
	power_off();
}
