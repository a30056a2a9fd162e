// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine as options and as a script.
 */
#include "base/fs.h"
#include "base/proc.h"
#include "vm/qemu.h"

#include <string.h>

static const FlVmDisk disks[] = {
	{"ext4", "/images/a,b.img"},
	{"small", "/images/small.img", .iops = 200, .bps = 4 << 20},
};

static FlVmSpec spec_new(void)
{
	return (FlVmSpec){
		.bzimage = "/k/bzImage",
		.initrd = "/k/it's here.cpio",
		.append = "fl.last",
		.cpus = 4,
		.memory_mib = 1024,
		.accel = "tcg",
		.seed = 18446744073709551615u,
		.disks = disks,
		.n_disks = 2,
		.tsc_khz = 2095078,
		.watchdog_s = 20,
		.console_path = "/o/serial.log",
		.wire_path = "/o/wire.log",
	};
}

static bool has_pair(char **argv, const char *option, const char *value)
{
	for (; argv[0] && argv[1]; argv++)
		if (strcmp(argv[0], option) == 0 && strcmp(argv[1], value) == 0)
			return true;
	return false;
}

static void test_argv(void)
{
	static const char *const pairs[][2] = {
		{"-accel", "tcg,thread=multi"},
		{"-smp", "4"},
		{"-m", "1024M"},
		{"-seed", "18446744073709551615"},
		{"-kernel", "/k/bzImage"},
		{"-chardev", "file,id=console,path=/o/serial.log"},
		{"-chardev", "file,id=wire,path=/o/wire.log"},
		{"-chardev", "socket,id=qmp,fd=7"},
		{"-device", "isa-debug-exit,iobase=0xf4,iosize=1"},
		{"-action", "panic=none"},
		{"-drive",
		 "if=none,id=disk0,format=raw,snapshot=on,cache=unsafe,file=/images/a,,b.img"},
		{"-drive", "if=none,id=disk1,format=raw,snapshot=on,cache=unsafe,"
			   "throttling.iops-total=200,throttling.bps-total=4194304,"
			   "file=/images/small.img"},
		{"-device", "virtio-blk-pci,drive=disk1,serial=small"},
	};
	FlVmSpec spec = spec_new();
	g_auto(GStrv) argv = fl_qemu_argv(&spec, 7);

	g_assert_cmpstr(argv[0], ==, "qemu-system-x86_64");
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_test_message("%s %s", pairs[i][0], pairs[i][1]);
		g_assert_true(has_pair(argv, pairs[i][0], pairs[i][1]));
	}
}

static void test_console_is_first(void)
{
	FlVmSpec spec = spec_new();
	g_auto(GStrv) argv = fl_qemu_argv(&spec, -1);
	g_autofree char *all = g_strjoinv(" ", argv);

	g_assert_cmpuint(strstr(all, "-serial chardev:console") - all, <,
			 strstr(all, "-serial chardev:wire") - all);
	g_assert_null(strstr(all, "id=qmp"));
}

/* Whatever could let the host's time in is not there: QMP, virtio, a clock of the host's. */
static void test_deterministic(void)
{
	static const FlVmDisk pmem[] = {{"ext4", "/images/a,b.img", .size_mib = 256},
					{"small", "/s.img", .size_mib = 8}};
	static const char *const pairs[][2] = {
		{"-accel", "tcg,thread=single,tb-size=512"},
		{"-icount", "shift=4,sleep=off"},
		{"-rtc", "base=2024-01-01T00:00:00,clock=vm"},
		{"-m", "1288M"},
		{"-object", "memory-backend-ram,id=part0,size=512M"},
		{"-object",
		 "memory-backend-file,id=part1,size=256M,share=off,mem-path=/images/a,,b.img"},
		{"-numa", "node,nodeid=3,memdev=part3"},
	};
	FlVmSpec spec = spec_new();
	g_auto(GStrv) argv = NULL;
	g_autofree char *all = NULL, *line = NULL;

	spec.deterministic = true;
	spec.disks = pmem;
	argv = fl_qemu_argv(&spec, -1);
	line = fl_qemu_cmdline(&spec);
	all = g_strjoinv(" ", argv);
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_test_message("%s %s", pairs[i][0], pairs[i][1]);
		g_assert_true(has_pair(argv, pairs[i][0], pairs[i][1]));
	}
	g_assert_nonnull(strstr(line, " memmap=256M!512M memmap=8M!768M fl.pmem=ext4,small"));
	g_assert_null(strstr(all, "virtio"));
	g_assert_null(strstr(all, "id=qmp"));
}

static void test_trace(void)
{
	static const struct {
		FlVmTrace trace;
		const char *want;
	} cases[] = {
		{{.plugin = "/l/fl,trace.so", .out = "/o/trace.bin"},
		 "file=/l/fl,,trace.so,out=/o/trace.bin"},
		{{.plugin = "/l/p.so", .out = "/o/t", .blocks = "/o/b", .like = "/then/t"},
		 "file=/l/p.so,out=/o/t,blocks=/o/b,like=/then/t"},
		{{.plugin = "/l/p.so", .out = "/o/t", .blocks = "/o/b", .interval = 17},
		 "file=/l/p.so,out=/o/t,blocks=/o/b,at=17"},
		{{.plugin = "/l/p.so", .out = "/o/t", .watch = "/o/w", .events = "/o/e"},
		 "file=/l/p.so,out=/o/t,watch=/o/w,events=/o/e"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		FlVmSpec spec = spec_new();
		g_auto(GStrv) argv = NULL;

		spec.deterministic = true;
		spec.trace = &cases[i].trace;
		argv = fl_qemu_argv(&spec, -1);
		g_test_message("%s", cases[i].want);
		g_assert_true(has_pair(argv, "-plugin", cases[i].want));
	}
}

static const FlVmFork boot_files = {.ram = "/c/r,am"};
static const FlVmFork restored_files = {.ram = "/c/r,am",
					.state = "/c/it's the state",
					.orders = "/o/orders",
					.console = "/c/serial.log"};

static void check_pairs(const FlVmSpec *spec, const char *const (*pairs)[2], size_t n)
{
	g_auto(GStrv) argv = fl_qemu_argv(spec, 7);

	for (size_t i = 0; i < n; i++) {
		g_test_message("%s %s", pairs[i][0], pairs[i][1]);
		g_assert_true(has_pair(argv, pairs[i][0], pairs[i][1]));
	}
}

/* One machine twice: only what is done with it differs. */
static void test_fork(void)
{
	static const char *const both[][2] = {
		{"-machine", "pc,hpet=off,vmport=off,usb=off,memory-backend=ram"},
		{"-action", "panic=none"},
		{"-global", "migration.announce-rounds=0"},
		{"-global", "migration.store-global-state=off"},
	};
	static const char *const boot[][2] = {
		{"-object", "memory-backend-file,id=ram,size=1024M,share=on,mem-path=/c/r,,am"},
		{"-chardev", "file,id=console,path=/o/serial.log"},
	};
	static const char *const restored[][2] = {
		{"-object", "memory-backend-file,id=ram,size=1024M,share=off,mem-path=/c/r,,am"},
		{"-chardev", "file,id=console,path=/o/serial.log,append=on"},
		{"-fw_cfg", "name=opt/org.faultline/orders,file=/o/orders"},
		{"-incoming", "defer"},
	};
	FlVmSpec spec = spec_new();

	spec.fork = &boot_files;
	check_pairs(&spec, both, G_N_ELEMENTS(both));
	check_pairs(&spec, boot, G_N_ELEMENTS(boot));
	spec.fork = &restored_files;
	check_pairs(&spec, both, G_N_ELEMENTS(both));
	check_pairs(&spec, restored, G_N_ELEMENTS(restored));
}

/* Disks are memory that a boot does not write to, so that it is in no file that others go on from. */
static void test_deterministic_fork(void)
{
	static const FlVmDisk pmem[] = {{"ext4", "/images/a,b.img", .size_mib = 256}};
	static const char *const both[][2] = {
		{"-machine", "pc,hpet=off,vmport=off,usb=off"},
		{"-icount", "shift=4,sleep=off"},
		{"-numa", "node,nodeid=2,memdev=part2"},
	};
	static const char *const boot[][2] = {
		{"-object", "memory-backend-file,id=part0,size=512M,share=on,mem-path=/c/r,,am"},
		{"-object", "memory-backend-file,id=part1,size=256M,share=on,readonly=on,"
			    "mem-path=/images/a,,b.img"},
		{"-object", "memory-backend-file,id=part2,size=512M,share=on,mem-path=/c/high"},
	};
	static const char *const restored[][2] = {
		{"-object", "memory-backend-file,id=part0,size=512M,share=off,mem-path=/c/r,,am"},
		{"-object", "memory-backend-file,id=part1,size=256M,share=off,"
			    "mem-path=/images/a,,b.img"},
		{"-object", "memory-backend-file,id=part2,size=512M,share=off,mem-path=/c/high"},
	};
	FlVmFork from_boot = boot_files, from_restored = restored_files;
	FlVmSpec spec = spec_new();

	spec.deterministic = true;
	spec.disks = pmem;
	spec.n_disks = 1;
	from_boot.ram_high = from_restored.ram_high = "/c/high";
	spec.fork = &from_boot;
	check_pairs(&spec, both, G_N_ELEMENTS(both));
	check_pairs(&spec, boot, G_N_ELEMENTS(boot));
	spec.fork = &from_restored;
	check_pairs(&spec, both, G_N_ELEMENTS(both));
	check_pairs(&spec, restored, G_N_ELEMENTS(restored));
}

/* Whatever decides what a machine does and is in no file. */
static void test_board(void)
{
	FlVmSpec spec = spec_new();
	g_autofree char *parallel = fl_qemu_board(&spec);
	g_autofree char *deterministic = NULL;

	spec.deterministic = true;
	deterministic = fl_qemu_board(&spec);
	g_assert_nonnull(strstr(parallel, "-smp 4 -m 1024M -seed 18446744073709551615 -accel tcg"));
	g_assert_nonnull(strstr(deterministic, "tb-size=512 -icount shift=4,sleep=off -rtc "));
	g_assert_null(strstr(deterministic, "/"));
}

static void test_fork_script(void)
{
	FlVmSpec spec = spec_new();
	g_autofree char *script = NULL;

	spec.fork = &restored_files;
	script = fl_qemu_script(&spec);
	g_assert_nonnull(
		strstr(script, "cat >restore.in <<'END'\n{\"execute\":\"qmp_capabilities\"}\n"));
	g_assert_nonnull(strstr(script, "x-ignore-shared"));
	g_assert_nonnull(strstr(script, "-chardev pipe,id=restore,path=restore"));
	/* The state is read by cat, whatever its name. */
	g_assert_nonnull(strstr(script, "exec:cat '/c/it'\\\\''s the state'"));
}

static void test_kvm(void)
{
	FlVmSpec spec = spec_new();
	g_auto(GStrv) argv = NULL;

	spec.accel = "kvm";
	argv = fl_qemu_argv(&spec, -1);
	g_assert_true(has_pair(argv, "-accel", "kvm"));
}

static void test_watchdogs(void)
{
	FlVmSpec spec = spec_new();
	g_autofree char *line = fl_qemu_cmdline(&spec);
	g_autofree char *huge = NULL, *none = NULL;

	g_assert_nonnull(strstr(line, " tsc_early_khz=2095078 "));
	g_assert_nonnull(strstr(line, " watchdog_thresh=10 "));
	g_assert_nonnull(strstr(line, "hung_task_timeout_secs=20 "));
	g_assert_nonnull(strstr(line, "rcu_cpu_stall_timeout=20 workqueue.watchdog_thresh=20 "));
	g_assert_true(g_str_has_suffix(line, " fl.last"));
	spec.watchdog_s = 1000;
	huge = fl_qemu_cmdline(&spec);
	g_assert_nonnull(strstr(huge, "watchdog_thresh=60 "));
	g_assert_nonnull(strstr(huge, "rcu_cpu_stall_timeout=300 "));
	spec.watchdog_s = 0;
	none = fl_qemu_cmdline(&spec);
	g_assert_null(strstr(none, "watchdog"));
}

/* The shell itself takes the script apart again: a program that prints its arguments is run. */
static void test_script(void)
{
	FlVmSpec spec = spec_new();
	g_autofree char *dir = g_dir_make_tmp("fl-qemu-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "command.sh", NULL);
	g_autofree char *script = NULL, *output = NULL, *cmdline = fl_qemu_cmdline(&spec);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;
	const char *run[] = {"sh", path, "%s\n", "-S", NULL};
	FlProcSpec proc = {.argv = run};

	spec.qemu = "printf";
	script = fl_qemu_script(&spec);
	g_assert_null(strstr(script, "fd="));
	/* printf takes its first argument as a format; give it one. */
	g_autofree char *shown = g_strdup(script);
	char *begin = strstr(shown, "exec printf");

	g_assert_nonnull(begin);
	memcpy(begin, "set -- echo", strlen("exec printf"));
	g_autofree char *whole =
		g_strconcat(shown, "shift\nfor a; do printf '%s\\n' \"$a\"; done\n", NULL);

	g_assert_true(fl_fs_write(path, whole, strlen(whole), NULL));
	g_assert_true(fl_proc_run(&proc, NULL, &output, &error));
	g_assert_no_error(error);
	lines = g_strsplit(output, "\n", -1);
	g_assert_true(g_strv_contains((const char *const *)lines, "/k/it's here.cpio"));
	g_assert_true(g_strv_contains((const char *const *)lines, cmdline));
	g_assert_true(g_strv_contains((const char *const *)lines, "-S"));
	g_assert_true(fl_fs_remove(dir, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/qemu/options-are-those-of-the-machine", test_argv);
	g_test_add_func("/qemu/the-console-is-the-first-port", test_console_is_first);
	g_test_add_func("/qemu/deterministic-keeps-the-host-s-time-out", test_deterministic);
	g_test_add_func("/qemu/a-trace-is-a-plugin", test_trace);
	g_test_add_func("/qemu/a-boot-and-who-goes-on-from-it-are-one-machine", test_fork);
	g_test_add_func("/qemu/a-deterministic-boot-and-who-goes-on-from-it",
			test_deterministic_fork);
	g_test_add_func("/qemu/the-board-says-what-no-file-holds", test_board);
	g_test_add_func("/qemu/the-script-goes-on-from-a-boot", test_fork_script);
	g_test_add_func("/qemu/kvm-has-no-thread-option", test_kvm);
	g_test_add_func("/qemu/watchdogs-stay-in-the-kernel-s-range", test_watchdogs);
	g_test_add_func("/qemu/the-shell-reads-the-script-as-the-same-words", test_script);
	return g_test_run();
}
