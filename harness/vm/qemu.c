// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's options, the kernel's command line, and the script that repeats both by hand.
 *
 * The machine is `pc` with qboot: of those tried it boots fastest without ever hanging (microvm
 * stopped in early boot in many of its starts under TCG, before its second vCPU was up). Nothing
 * that a guest does reaches a file, except the two port files: disks are throw-away overlays.
 * Never starts anything and never touches a file.
 */
#include "vm/qemu.h"

#include "fl_wire.h"
#include "vm/save.h"

#include <inttypes.h>
#include <string.h>

const char *fl_qemu_program(const FlVmSpec *spec)
{
	return spec->qemu ? spec->qemu : "qemu-system-x86_64";
}

/* How long a soft lockup may last before it is told is twice this; 60 is the kernel's maximum. */
static unsigned lockup_threshold_s(const FlVmSpec *spec)
{
	return CLAMP((spec->watchdog_s + 1) / 2, 1u, 60u);
}

unsigned fl_qemu_disks_at_mib(const FlVmSpec *spec)
{
	return spec->memory_mib / 2;
}

static unsigned disks_mib(const FlVmSpec *spec)
{
	unsigned mib = 0;

	for (size_t i = 0; spec->deterministic && i < spec->n_disks; i++)
		mib += spec->disks[i].size_mib;
	return mib;
}

/* memmap= takes the memory out of the kernel's hands and makes it /dev/pmem0, /dev/pmem1 ... */
static void append_pmem(GString *line, const FlVmSpec *spec)
{
	unsigned at_mib = fl_qemu_disks_at_mib(spec);

	for (size_t i = 0; spec->deterministic && i < spec->n_disks; i++) {
		g_string_append_printf(line, " memmap=%uM!%uM", spec->disks[i].size_mib, at_mib);
		at_mib += spec->disks[i].size_mib;
	}
	for (size_t i = 0; spec->deterministic && i < spec->n_disks; i++)
		g_string_append_printf(line, "%s%s", i ? "," : " fl.pmem=", spec->disks[i].name);
}

static void append_watchdogs(GString *line, const FlVmSpec *spec)
{
	unsigned hung = spec->watchdog_s;

	if (!hung)
		return;
	g_string_append_printf(line, " watchdog_thresh=%u softlockup_panic=0",
			       lockup_threshold_s(spec));
	g_string_append_printf(line,
			       " rcupdate.rcu_cpu_stall_timeout=%u workqueue.watchdog_thresh=%u",
			       CLAMP(hung, 3u, 300u), hung);
	/* The default interval is the timeout itself: a hang would be told up to two timeouts late. */
	g_string_append_printf(line,
			       " sysctl.kernel.hung_task_timeout_secs=%u"
			       " sysctl.kernel.hung_task_check_interval_secs=%u",
			       hung, MAX(hung / 4, 1u));
}

char *fl_qemu_cmdline(const FlVmSpec *spec)
{
	GString *line = g_string_new(
		/* earlyprintk: a panic before the tty driver is up is still on record. */
		"console=ttyS0 earlyprintk=ttyS0,115200"
		/* A panic or an oops ends the run at once, after its report, as a reset of the machine. */
		" panic=-1 oops=panic reboot=t"
		/* Addresses in reports are those in vmlinux. */
		" nokaslr"
		/* What the kernel would measure at every boot, and gets wrong on a busy host. */
		" tsc=reliable no_timer_check lpj=4000000"
		/* Where qboot puts the PM timer of the pc board (PIIX4 PMBA 0x600, timer at +8). */
		" pmtmr=0x608");

	if (spec->tsc_khz)
		g_string_append_printf(line, " tsc_early_khz=%u", spec->tsc_khz);
	append_watchdogs(line, spec);
	append_pmem(line, spec);
	if (spec->append && *spec->append)
		g_string_append_printf(line, " %s", spec->append);
	return g_string_free(line, FALSE);
}

/* ---- the list of options ---- */

static void add(GPtrArray *argv, const char *option, const char *value)
{
	g_ptr_array_add(argv, g_strdup(option));
	if (value)
		g_ptr_array_add(argv, g_strdup(value));
}

static void G_GNUC_PRINTF(3, 4) addf(GPtrArray *argv, const char *option, const char *format, ...)
{
	va_list args;

	g_ptr_array_add(argv, g_strdup(option));
	va_start(args, format);
	g_ptr_array_add(argv, g_strdup_vprintf(format, args));
	va_end(args);
}

char *fl_qemu_escape(const char *value)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);

	return g_strjoinv(",,", parts);
}

/* Memory with disks in it is of several parts. */
static bool has_parts(const FlVmSpec *spec)
{
	return spec->deterministic && spec->n_disks;
}

static void add_machine(GPtrArray *argv, const FlVmSpec *spec)
{
	add(argv, "-nodefaults", NULL);
	add(argv, "-no-user-config", NULL);
	add(argv, "-display", "none");
	add(argv, "-no-reboot", NULL);
	addf(argv, "-machine", "pc,hpet=off,vmport=off,usb=off%s",
	     spec->fork && !has_parts(spec) ? ",memory-backend=ram" : "");
	add(argv, "-bios", "qboot.rom");
	add(argv, "-cpu", "qemu64");
	addf(argv, "-smp", "%u", spec->cpus);
	addf(argv, "-m", "%uM", spec->memory_mib + disks_mib(spec));
	addf(argv, "-seed", "%" PRIu64, spec->seed);
}

/*
 * Each of these keeps a clock, a size or a random number of the host out of the guest: a code
 * buffer whose size follows the host's memory is flushed at other times on another host, and the
 * RTC runs on the host's clock unless it is told not to. 16 ns an instruction make idle time cheap.
 */
static void add_accel(GPtrArray *argv, const FlVmSpec *spec)
{
	if (!spec->deterministic) {
		addf(argv, "-accel", "%s%s", spec->accel,
		     strcmp(spec->accel, "tcg") == 0 ? ",thread=multi" : "");
		return;
	}
	add(argv, "-accel", "tcg,thread=single,tb-size=512");
	add(argv, "-icount", "shift=4,sleep=off");
	add(argv, "-rtc", "base=2024-01-01T00:00:00,clock=vm");
}

char *fl_qemu_board(const FlVmSpec *spec)
{
	g_autoptr(GPtrArray) options = g_ptr_array_new_with_free_func(g_free);

	add_machine(options, spec);
	add_accel(options, spec);
	g_ptr_array_add(options, NULL);
	return g_strjoinv(" ", (char **)options->pdata);
}

static void add_pause(GPtrArray *argv, const char *plugin)
{
	g_autofree char *file = fl_qemu_escape(plugin);

	addf(argv, "-plugin", "file=%s", file);
}

static void add_kernel(GPtrArray *argv, const FlVmSpec *spec)
{
	g_autofree char *cmdline = fl_qemu_cmdline(spec);

	add(argv, "-kernel", spec->bzimage);
	if (spec->initrd)
		add(argv, "-initrd", spec->initrd);
	add(argv, "-append", cmdline);
}

static bool is_restored(const FlVmSpec *spec)
{
	return spec->fork && spec->fork->state;
}

static void add_ends(GPtrArray *argv)
{
	addf(argv, "-device", "isa-debug-exit,iobase=%#x,iosize=1", FL_WIRE_EXIT_PORT);
	/* The panic is told and the guest goes on: it prints its report to the end and resets. */
	add(argv, "-device", "pvpanic-pci");
	add(argv, "-action", "panic=none");
}

/*
 * What the guest writes to its memory is in the file of the boot that is saved, and in no file of a
 * restored one.
 */
static void add_memory(GPtrArray *argv, const FlVmSpec *spec, const char *id, unsigned mib,
		       const char *file)
{
	g_autofree char *path = file ? fl_qemu_escape(file) : NULL;

	if (path)
		addf(argv, "-object", "memory-backend-file,id=%s,size=%uM,share=%s,mem-path=%s", id,
		     mib, is_restored(spec) ? "off" : "on", path);
	else
		addf(argv, "-object", "memory-backend-ram,id=%s,size=%uM", id, mib);
}

/*
 * No announcement: it is for a network, and its timer would be an instant of the host's. No run
 * state in the file: the restored guest then runs at once, although the saved one had been stopped.
 */
static void add_fork(GPtrArray *argv, const FlVmSpec *spec)
{
	if (!has_parts(spec))
		add_memory(argv, spec, "ram", spec->memory_mib, spec->fork->ram);
	add(argv, "-global", "migration.announce-rounds=0");
	add(argv, "-global", "migration.store-global-state=off");
	if (is_restored(spec)) {
		g_autofree char *orders = fl_qemu_escape(spec->fork->orders);

		addf(argv, "-fw_cfg", "name=%s,file=%s", FL_WIRE_ORDERS_FW_CFG, orders);
		add(argv, "-incoming", "defer");
	}
}

static char *throttle(const FlVmDisk *disk)
{
	GString *limits = g_string_new(NULL);

	if (disk->iops)
		g_string_append_printf(limits, ",throttling.iops-total=%u", disk->iops);
	if (disk->bps)
		g_string_append_printf(limits, ",throttling.bps-total=%" PRIu64, disk->bps);
	return g_string_free(limits, FALSE);
}

static void add_node(GPtrArray *argv, unsigned *part)
{
	addf(argv, "-numa", "node,nodeid=%u,memdev=part%u", *part, *part);
	(*part)++;
}

static void add_memory_part(GPtrArray *argv, const FlVmSpec *spec, unsigned *part, unsigned mib,
			    const char *file)
{
	g_autofree char *id = g_strdup_printf("part%u", *part);

	add_memory(argv, spec, id, mib, file);
	add_node(argv, part);
}

/*
 * Mapped privately, so that stores of the guest never reach the image. In a boot that is saved it is
 * shared, which leaves it out of what is saved, and so nobody may write to it.
 */
static void add_disk_part(GPtrArray *argv, const FlVmSpec *spec, unsigned *part,
			  const FlVmDisk *disk)
{
	g_autofree char *path = fl_qemu_escape(disk->path);
	bool saved = spec->fork && !is_restored(spec);

	addf(argv, "-object", "memory-backend-file,id=part%u,size=%uM,%s,mem-path=%s", *part,
	     disk->size_mib, saved ? "share=on,readonly=on" : "share=off", path);
	add_node(argv, part);
}

/*
 * A disk that is memory of the guest has no completion that comes at an instant of the host's.
 * Parts of memory stand one behind the other; without ACPI the kernel sees no nodes.
 */
static void add_pmem(GPtrArray *argv, const FlVmSpec *spec)
{
	const FlVmFork *fork = spec->fork;
	unsigned low_mib = fl_qemu_disks_at_mib(spec), part = 0;

	add_memory_part(argv, spec, &part, low_mib, fork ? fork->ram : NULL);
	for (size_t i = 0; i < spec->n_disks; i++)
		add_disk_part(argv, spec, &part, &spec->disks[i]);
	add_memory_part(argv, spec, &part, spec->memory_mib - low_mib,
			fork ? fork->ram_high : NULL);
}

static void add_disks(GPtrArray *argv, const FlVmSpec *spec)
{
	if (spec->deterministic) {
		if (has_parts(spec))
			add_pmem(argv, spec);
		return;
	}
	for (size_t i = 0; i < spec->n_disks; i++) {
		const FlVmDisk *disk = &spec->disks[i];
		g_autofree char *path = fl_qemu_escape(disk->path);
		g_autofree char *name = fl_qemu_escape(disk->name);
		g_autofree char *limits = throttle(disk);

		addf(argv, "-drive",
		     "if=none,id=disk%zu,format=raw,snapshot=on,cache=unsafe%s,file=%s", i, limits,
		     path);
		addf(argv, "-device", "virtio-blk-pci,drive=disk%zu,serial=%s", i, name);
	}
}

static void add_path(GString *plugin, const char *name, const char *path)
{
	g_autofree char *escaped = path ? fl_qemu_escape(path) : NULL;

	if (path)
		g_string_append_printf(plugin, ",%s=%s", name, escaped);
}

static void add_trace(GPtrArray *argv, const FlVmTrace *trace)
{
	g_autofree char *file = fl_qemu_escape(trace->plugin);
	g_autoptr(GString) plugin = g_string_new("file=");

	g_string_append(plugin, file);
	add_path(plugin, "out", trace->out);
	add_path(plugin, "blocks", trace->blocks);
	add_path(plugin, "like", trace->like);
	if (trace->blocks && !trace->like)
		g_string_append_printf(plugin, ",at=%" PRIu64, trace->interval);
	add_path(plugin, "watch", trace->watch);
	add_path(plugin, "events", trace->events);
	add(argv, "-plugin", plugin->str);
}

static void add_ports(GPtrArray *argv, const char *console, const char *wire)
{
	add(argv, "-chardev", console);
	add(argv, "-serial", "chardev:console");
	add(argv, "-chardev", wire);
	add(argv, "-serial", "chardev:wire");
}

static GPtrArray *build(const FlVmSpec *spec, const char *console, const char *wire)
{
	GPtrArray *argv = g_ptr_array_new();

	add(argv, fl_qemu_program(spec), NULL);
	add_machine(argv, spec);
	add_accel(argv, spec);
	if (spec->pause_plugin)
		add_pause(argv, spec->pause_plugin);
	add_kernel(argv, spec);
	add_ports(argv, console, wire);
	add_ends(argv);
	add_disks(argv, spec);
	if (spec->fork)
		add_fork(argv, spec);
	return argv;
}

char **fl_qemu_argv(const FlVmSpec *spec, int qmp_fd)
{
	g_autofree char *console_path = fl_qemu_escape(spec->console_path);
	g_autofree char *wire_path = fl_qemu_escape(spec->wire_path);
	g_autofree char *console = g_strdup_printf("file,id=console,path=%s%s", console_path,
						   is_restored(spec) ? ",append=on" : "");
	g_autofree char *wire = g_strdup_printf("file,id=wire,path=%s", wire_path);
	GPtrArray *argv = build(spec, console, wire);

	if (spec->trace)
		add_trace(argv, spec->trace);
	if (spec->gdb) {
		add(argv, "-S", NULL);
		add(argv, "-gdb", "tcp:" FL_VM_GDB);
	}
	if (qmp_fd >= 0) {
		addf(argv, "-chardev", "socket,id=qmp,fd=%d", qmp_fd);
		add(argv, "-mon", "chardev=qmp,mode=control");
	}
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* ---- the script ---- */

static bool is_plain(const char *word)
{
	return *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-_=+:,./@%")] == '\0';
}

static void append_word(GString *script, const char *word)
{
	g_autofree char *quoted = is_plain(word) ? g_strdup(word) : g_shell_quote(word);

	g_string_append(script, quoted);
}

/* Options here never begin a value with '-'. */
static void append_options(GString *script, GPtrArray *argv)
{
	for (guint i = 0; i < argv->len; i++) {
		const char *word = argv->pdata[i];

		if (i)
			g_string_append(script, *word == '-' ? " \\\n\t" : " ");
		append_word(script, word);
	}
}

/* A shell has no descriptor for QEMU to inherit that every shell can name: QEMU starts cat. */
static void append_restore(GString *script, GPtrArray *argv, const FlVmSpec *spec)
{
	g_autofree char *state = g_shell_quote(spec->fork->state);
	g_autofree char *uri = g_strdup_printf("exec:cat %s", state);
	g_autofree char *hello = fl_qmp_line("qmp_capabilities", NULL);
	g_autofree char *lines = fl_save_restore_lines(uri);

	add(argv, "-chardev", "pipe,id=restore,path=restore");
	add(argv, "-mon", "chardev=restore,mode=control");
	g_string_append_printf(script,
			       "# What QEMU is told to go on with, and its answers.\n"
			       ": >restore.out\n"
			       "cat >restore.in <<'END'\n"
			       "%s%sEND\n",
			       hello, lines);
}

char *fl_qemu_script(const FlVmSpec *spec)
{
	g_autoptr(GPtrArray) argv =
		build(spec, "stdio,id=console,logfile=serial.log", "file,id=wire,path=wire.log");
	GString *script = g_string_new(
		"#!/bin/sh\n"
		"# The same machine again, by hand: the console on this terminal and in\n"
		"# ./serial.log, the test protocol in ./wire.log. More options for QEMU may\n"
		"# follow; \"-s -S\" waits for gdb on port 1234.\n");

	g_ptr_array_set_free_func(argv, g_free);
	if (is_restored(spec))
		append_restore(script, argv, spec);
	g_string_append(script, "exec ");
	append_options(script, argv);
	g_string_append(script, " \\\n\t\"$@\"\n");
	return g_string_free(script, FALSE);
}
