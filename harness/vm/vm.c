// SPDX-License-Identifier: GPL-2.0-only
/*
 * One guest's life: the child, its two port files, QEMU's events, and the clock.
 *
 * Only I/O: each thing that happens is turned into one FlVmEvent; vmstate.c decides. At the end,
 * everything that QEMU said and wrote is read before anybody is told.
 */
#include "vm/vm.h"

#include "base/fs.h"
#include "base/proc.h"
#include "fl_wire.h"
#include "vm/console.h"
#include "vm/qemu.h"
#include "vm/qmp.h"
#include "vm/save.h"
#include "vm/vmstate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

G_DEFINE_QUARK(fl_vm_error_quark, fl_vm_error)

/* How long a kernel that told of its panic may take to print it and to reset. */
#define PANIC_GRACE_US 5000000u
#define CHATTER_FACTOR 2 /* how much longer a console may speak for a wire that is silent */

struct FlVm {
	FlVmState state;
	FlProc *proc;
	FlConsole *ports[FL_VM_N_PORTS];
	FlQmp *qmp;
	guint boot_timer, silence_timer, total_timer, grace_timer;
	uint64_t silence_us, console_max, grace_us;
	uint64_t boot_us, total_us;
	bool restored;
	bool deaf; /* QEMU is asked nothing: it tells nothing but how it ended */
	uint64_t last_byte_us, last_wire_us; /* monotonic */
	unsigned memory_mib;
	FlVmLimitFn on_limit;
	char *program;
	char *stderr_path;
	FlVmEnd end;
	FlVmBytesFn on_bytes;
	FlVmEndFn on_end;
	gpointer data;
};

static uint64_t now_us(void)
{
	return (uint64_t)g_get_monotonic_time();
}

static void drop_timer(guint *timer)
{
	if (*timer)
		g_source_remove(*timer);
	*timer = 0;
}

static guint timer_ms(uint64_t us)
{
	return (guint)MIN(us / 1000 + 1, (uint64_t)G_MAXUINT);
}

static gboolean on_grace_over(gpointer data);

static bool is_limit(FlVmEvent event)
{
	return event == FL_VMEVENT_BOOT_LIMIT || event == FL_VMEVENT_SILENCE_LIMIT ||
	       event == FL_VMEVENT_TOTAL_LIMIT;
}

static void happen(FlVm *vm, FlVmEvent event)
{
	switch (fl_vmstate_next(&vm->state, event)) {
	case FL_VMACTION_NONE:
	case FL_VMACTION_FINISH: /* on_qemu_gone goes on with it */
		break;
	case FL_VMACTION_GRACE:
		drop_timer(&vm->grace_timer);
		vm->grace_timer = g_timeout_add(timer_ms(vm->grace_us), on_grace_over, vm);
		break;
	case FL_VMACTION_KILL:
		if (vm->on_limit && is_limit(event))
			vm->on_limit(vm->state.ending, vm->data);
		fl_proc_signal(vm->proc, SIGKILL);
		break;
	}
}

/* ---- the clock ---- */

static gboolean on_grace_over(gpointer data)
{
	FlVm *vm = data;

	vm->grace_timer = 0;
	happen(vm, FL_VMEVENT_GRACE_OVER);
	return G_SOURCE_REMOVE;
}

static gboolean on_boot_limit(gpointer data)
{
	FlVm *vm = data;

	vm->boot_timer = 0;
	happen(vm, FL_VMEVENT_BOOT_LIMIT);
	return G_SOURCE_REMOVE;
}

static gboolean on_total_limit(gpointer data)
{
	FlVm *vm = data;

	vm->total_timer = 0;
	happen(vm, FL_VMEVENT_TOTAL_LIMIT);
	return G_SOURCE_REMOVE;
}

/*
 * The guest's init beats every second. A kernel that goes on about its stalls speaks for it, but
 * not for ever.
 */
static uint64_t quiet_us(const FlVm *vm)
{
	uint64_t now = now_us();

	return MAX(now - vm->last_byte_us, (now - vm->last_wire_us) / CHATTER_FACTOR);
}

/* One timer that is set again for what is left, instead of one a byte. */
static gboolean on_silence_limit(gpointer data)
{
	FlVm *vm = data;
	uint64_t quiet;

	/* What was written while the harness itself did not run is no silence. */
	for (int port = 0; port < FL_VM_N_PORTS; port++)
		fl_console_drain(vm->ports[port], 1);
	quiet = quiet_us(vm);
	if (vm->state.phase == FL_VMSTATE_RUNNING && quiet >= vm->silence_us) {
		vm->silence_timer = 0;
		happen(vm, FL_VMEVENT_SILENCE_LIMIT);
		return G_SOURCE_REMOVE;
	}
	if (quiet >= vm->silence_us)
		quiet = 0;
	vm->silence_timer = g_timeout_add(timer_ms(vm->silence_us - quiet), on_silence_limit, vm);
	return G_SOURCE_REMOVE;
}

static void start_timers(FlVm *vm)
{
	if (vm->boot_us)
		vm->boot_timer = g_timeout_add(timer_ms(vm->boot_us), on_boot_limit, vm);
	if (vm->silence_us)
		vm->silence_timer = g_timeout_add(timer_ms(vm->silence_us), on_silence_limit, vm);
	if (vm->total_us)
		vm->total_timer = g_timeout_add(timer_ms(vm->total_us), on_total_limit, vm);
}

/* ---- the ports ---- */

static void port_bytes(FlVm *vm, FlVmPort port, const char *bytes, size_t len)
{
	uint64_t t_us;

	vm->last_byte_us = now_us();
	t_us = vm->last_byte_us - vm->end.start_us;
	if (port == FL_VM_WIRE) {
		vm->last_wire_us = vm->last_byte_us;
		if (!vm->end.first_wire_us)
			vm->end.first_wire_us = t_us;
		happen(vm, FL_VMEVENT_WIRE);
	}
	if (vm->on_bytes)
		vm->on_bytes(port, bytes, len, t_us, vm->data);
	if (vm->console_max && fl_console_total(vm->ports[port]) > vm->console_max)
		happen(vm, FL_VMEVENT_FLOOD);
}

static void on_console_bytes(const char *bytes, size_t len, gpointer data)
{
	port_bytes(data, FL_VM_CONSOLE, bytes, len);
}

static void on_wire_bytes(const char *bytes, size_t len, gpointer data)
{
	port_bytes(data, FL_VM_WIRE, bytes, len);
}

/* ---- QEMU's events ---- */

static void on_qmp_event(const char *event, const char *reason, gpointer data)
{
	FlVm *vm = data;

	if (vm->deaf)
		return;
	if (strcmp(event, "GUEST_PANICKED") == 0) {
		vm->grace_us = PANIC_GRACE_US;
		happen(vm, FL_VMEVENT_PANICKED);
	} else if (strcmp(event, "SHUTDOWN") == 0 && strcmp(reason, "guest-reset") == 0) {
		happen(vm, FL_VMEVENT_RESET);
	} else if (strcmp(event, "SHUTDOWN") == 0 && strcmp(reason, "guest-shutdown") == 0) {
		happen(vm, FL_VMEVENT_POWEROFF);
	}
}

/* ---- the end ---- */

static FlVmEvent quit_event(int wait_status)
{
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == FL_WIRE_EXIT_STATUS)
		return FL_VMEVENT_QUIT_GUEST;
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
		return FL_VMEVENT_QUIT_CLEAN;
	return FL_VMEVENT_QUIT_BAD;
}

/* With -no-reboot a guest that resets ends QEMU; so does one that powers off, but ours never does. */
static void happen_quit(FlVm *vm, int wait_status)
{
	FlVmEvent event = quit_event(wait_status);

	if (vm->deaf && event == FL_VMEVENT_QUIT_CLEAN)
		happen(vm, FL_VMEVENT_RESET);
	happen(vm, event);
}

/* The last lines of what QEMU printed, as one line; at most a few hundred bytes. */
static char *last_words(const char *path)
{
	g_autofree char *text = NULL;
	size_t len = 0;
	char *tail;

	if (!fl_fs_read(path, &text, &len, NULL))
		return g_strdup("");
	tail = text + (len > 600 ? len - 600 : 0);
	g_strstrip(tail);
	g_strdelimit(tail, "\n\r", ' ');
	return g_utf8_make_valid(tail, -1);
}

static char *qemu_failure(const FlVm *vm)
{
	int status = vm->end.wait_status;
	g_autofree char *words = last_words(vm->stderr_path);
	g_autofree char *how = NULL;

	if (WIFSIGNALED(status))
		how = g_strdup_printf("was killed by signal %d (%s)", WTERMSIG(status),
				      strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		how = g_strdup_printf("ended with status %d", WEXITSTATUS(status));
	else
		how = g_strdup("ended although the guest had not asked for it");
	if (!*words)
		return g_strdup_printf("%s %s without a word", vm->program, how);
	return g_strdup_printf("%s %s: %s", vm->program, how, words);
}

static char *describe_silence(const FlVm *vm)
{
	if (now_us() - vm->last_byte_us < vm->silence_us)
		return g_strdup_printf("no byte on the wire for %.1f s, while the kernel went on "
				       "about something else",
				       (double)vm->silence_us * CHATTER_FACTOR / 1e6);
	return g_strdup_printf("no byte on either port for %.1f s", (double)vm->silence_us / 1e6);
}

static char *describe(const FlVm *vm)
{
	switch (vm->state.ending) {
	case FL_ENDING_EXIT:
		return g_strdup("the guest ended by its own last act");
	case FL_ENDING_POWEROFF:
		return g_strdup("the guest powered off");
	case FL_ENDING_RESET:
		return g_strdup("the guest reset");
	case FL_ENDING_PANIC:
		return g_strdup("the guest kernel told of a panic");
	case FL_ENDING_NO_BOOT:
		return g_strdup_printf("no byte on the wire within %.1f s",
				       (double)vm->boot_us / 1e6);
	case FL_ENDING_SILENCE:
		return describe_silence(vm);
	case FL_ENDING_TOTAL:
		return g_strdup_printf("not done within %.1f s", (double)vm->total_us / 1e6);
	case FL_ENDING_FLOOD:
		return g_strdup_printf("more than %" G_GUINT64_FORMAT " bytes on one port",
				       vm->console_max);
	case FL_ENDING_STOPPED:
		return g_strdup("the judge had seen enough");
	case FL_ENDING_CANCELLED:
		return g_strdup("the run was cancelled");
	case FL_ENDING_QEMU:
		return qemu_failure(vm);
	case FL_ENDING_UNKNOWN:
		break;
	}
	g_assert_not_reached();
}

/* The kernel of a saved boot has come up already: one that does not go on says nothing of it. */
static FlEnding ending_of(const FlVm *vm)
{
	return vm->restored && vm->state.ending == FL_ENDING_NO_BOOT ? FL_ENDING_QEMU
								     : vm->state.ending;
}

static void drop_timers(FlVm *vm)
{
	drop_timer(&vm->boot_timer);
	drop_timer(&vm->silence_timer);
	drop_timer(&vm->total_timer);
	drop_timer(&vm->grace_timer);
}

static void on_qemu_gone(FlProc *proc, int wait_status, gpointer data)
{
	FlVm *vm = data;

	(void)proc;
	vm->end.end_us = now_us() - vm->end.start_us;
	vm->end.wait_status = wait_status;
	if (vm->qmp)
		fl_qmp_drain(vm->qmp);
	for (int port = 0; port < FL_VM_N_PORTS; port++)
		fl_console_drain(vm->ports[port], 0);
	happen_quit(vm, wait_status);
	drop_timers(vm);
	vm->end.kind = ending_of(vm);
	vm->end.detail = describe(vm);
	/* Last: the callee may free the VM. */
	vm->on_end(&vm->end, vm->data);
}

/* ---- the start ---- */

static FlVm *vm_new(const FlVmSpec *spec, FlVmBytesFn on_bytes, FlVmEndFn on_end, gpointer data)
{
	FlVm *vm = g_new0(FlVm, 1);

	vm->boot_us = spec->boot_us;
	vm->silence_us = spec->silence_us;
	vm->total_us = spec->total_us;
	vm->console_max = spec->console_max;
	vm->restored = spec->fork && spec->fork->state;
	vm->deaf = spec->deterministic && (!spec->fork || vm->restored);
	vm->memory_mib = spec->memory_mib;
	vm->on_limit = spec->on_limit;
	vm->program = g_strdup(fl_qemu_program(spec));
	vm->stderr_path = g_strdup(spec->stderr_path);
	vm->on_bytes = on_bytes;
	vm->on_end = on_end;
	vm->data = data;
	return vm;
}

static bool write_script(const FlVmSpec *spec, GError **error)
{
	g_autofree char *script = fl_qemu_script(spec);

	if (!fl_fs_write(spec->command_path, script, strlen(script), error))
		return false;
	if (chmod(spec->command_path, 0755) == 0)
		return true;
	g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_START, "%s cannot be made executable: %s",
		    spec->command_path, g_strerror(errno));
	return false;
}

/* QEMU appends: what a restored guest's console says follows on what it said in its boot. */
static bool begin_console(const FlVmSpec *spec, GError **error)
{
	g_autofree char *text = NULL;
	size_t len;
	fl_fd int fd = -1;

	if (!spec->fork || !spec->fork->state)
		return true;
	if (!fl_fs_read(spec->fork->console, &text, &len, error))
		return false;
	fd = open(spec->console_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, len) == (ssize_t)len)
		return true;
	g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_START, "%s cannot be written: %s",
		    spec->console_path, g_strerror(errno));
	return false;
}

static bool open_files(FlVm *vm, const FlVmSpec *spec, GError **error)
{
	vm->ports[FL_VM_CONSOLE] = fl_console_new(spec->console_path, on_console_bytes, vm, error);
	if (!vm->ports[FL_VM_CONSOLE])
		return false;
	vm->ports[FL_VM_WIRE] = fl_console_new(spec->wire_path, on_wire_bytes, vm, error);
	return vm->ports[FL_VM_WIRE] && begin_console(spec, error) && write_script(spec, error);
}

/* qmp_fd, state_fd: -1: none. */
static bool spawn_qemu(FlVm *vm, const FlVmSpec *spec, int qmp_fd, int state_fd, GError **error)
{
	g_auto(GStrv) argv = fl_qemu_argv(spec, qmp_fd);
	const int fds[] = {qmp_fd, state_fd};
	FlProcSpawn spawn = {
		.argv = (const char *const *)argv,
		.stderr_path = spec->stderr_path,
		.fds = fds,
		.n_fds = qmp_fd < 0	? 0
			 : state_fd < 0 ? 1
					: 2,
		.on_exit = on_qemu_gone,
		.on_exit_data = vm,
	};
	GError *cause = NULL;

	vm->end.start_us = now_us();
	vm->last_byte_us = vm->last_wire_us = vm->end.start_us;
	vm->proc = fl_proc_spawn(&spawn, &cause);
	if (vm->proc)
		return true;
	if (g_error_matches(cause, FL_PROC_ERROR, FL_PROC_ERROR_MISSING))
		g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_MISSING,
			    "%s; on Debian: apt-get install qemu-system-x86", cause->message);
	else
		g_set_error_literal(error, FL_VM_ERROR, FL_VM_ERROR_START, cause->message);
	g_error_free(cause);
	return false;
}

/* QEMU reads what it shall restore from a descriptor: a program in between would cost time. */
static bool open_state(FlVm *vm, const FlVmSpec *spec, int *ret_fd, GError **error)
{
	g_autofree char *uri = NULL;

	if (!spec->fork || !spec->fork->state)
		return true;
	*ret_fd = open(spec->fork->state, O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0) {
		g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_START, "%s cannot be opened: %s",
			    spec->fork->state, g_strerror(errno));
		return false;
	}
	uri = g_strdup_printf("fd:%d", *ret_fd);
	return fl_save_restore(vm->qmp, uri, error);
}

static bool start_qemu(FlVm *vm, const FlVmSpec *spec, GError **error)
{
	int pair[2];
	fl_fd int theirs = -1;
	fl_fd int state = -1;

	/*
	 * Every byte on the socket wakes QEMU's main loop, at an instant of the host's. What a restored
	 * guest is told to go on with is all there before its first instruction.
	 */
	if (vm->deaf && !vm->restored)
		return spawn_qemu(vm, spec, -1, -1, error);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		g_set_error(error, FL_VM_ERROR, FL_VM_ERROR_START,
			    "a control socket for QEMU cannot be made: %s", g_strerror(errno));
		return false;
	}
	theirs = pair[1];
	vm->qmp = fl_qmp_new(pair[0], on_qmp_event, vm, error);
	return vm->qmp && open_state(vm, spec, &state, error) &&
	       spawn_qemu(vm, spec, theirs, state, error);
}

FlVm *fl_vm_start(const FlVmSpec *spec, FlVmBytesFn on_bytes, FlVmEndFn on_end, gpointer data,
		  GError **error)
{
	g_autoptr(FlVm) vm = vm_new(spec, on_bytes, on_end, data);

	if (!open_files(vm, spec, error) || !start_qemu(vm, spec, error))
		return NULL;
	start_timers(vm);
	return g_steal_pointer(&vm);
}

void fl_vm_stop(FlVm *vm, FlEnding kind, uint64_t grace_us)
{
	/* A second call may only make it shorter: by the user's signal. */
	if (vm->state.phase != FL_VMSTATE_GRACE || kind == FL_ENDING_CANCELLED)
		vm->grace_us = grace_us;
	happen(vm, kind == FL_ENDING_CANCELLED ? FL_VMEVENT_CANCEL : FL_VMEVENT_STOP);
}

FlInspect *fl_vm_inspect(FlVm *vm, const char *scratch, uint64_t budget_us)
{
	if (vm->deaf)
		return NULL;
	return fl_inspect_new(vm->qmp, fl_proc_pid(vm->proc), scratch, vm->memory_mib, budget_us);
}

bool fl_vm_save(FlVm *vm, const char *state, uint64_t budget_us, GError **error)
{
	return fl_save_state(vm->qmp, state, g_get_monotonic_time() + (int64_t)budget_us, error);
}

void fl_vm_free(FlVm *vm)
{
	if (!vm)
		return;
	drop_timers(vm);
	fl_proc_free(vm->proc);
	fl_qmp_free(vm->qmp);
	for (int port = 0; port < FL_VM_N_PORTS; port++)
		fl_console_free(vm->ports[port]);
	g_free(vm->end.detail);
	g_free(vm->stderr_path);
	g_free(vm->program);
	g_free(vm);
}
