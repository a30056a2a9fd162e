/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that never ran: a vmlinux with three functions, the offsets of a few fields, and a
 * memory with page tables and one task, asleep for a lock that it holds itself for reading.
 */
#pragma once

#include "base/fs.h"
#include "base/proc.h"
#include "judge/guestmem.h"

#include <string.h>

#define TEXT   0xffffffff80000000ull
#define DIRECT 0xffff888000000000ull

/* Physical addresses. */
enum {
	AT_TOP = 0x1000,
	AT_TEXT_TABLE = 0x2000,
	AT_DIRECT_TABLE = 0x3000,
	AT_PER_CPU = 0x5000,
	AT_INIT_TASK = 0x10000,
	AT_TASK = 0x11000,
	AT_SIGNAL = 0x12000,
	AT_LOCK = 0x13000,
	AT_VMA = 0x14000,
	AT_STACK = 0x18000,
	MEMORY = 0x40000
};

/* Offsets of the fields, as fl_offsets.ko gives them. */
enum {
	F_STATE = 0,
	F_FLAGS = 4,
	F_PID = 8,
	F_TGID = 12,
	F_COMM = 16,
	F_STACK = 32,
	F_SP = 40,
	F_MM = 48,
	F_SIGNAL = 56,
	F_TASKS = 64,
	F_NODE = 80,
	F_WAIT_LIST = 24
};

typedef struct {
	char *dir, *vmlinux;
	uint8_t bytes[MEMORY];
	unsigned n_read;
} Guest;

static const char kernel_source[] =
	".set init_top_pgt, 0xffffffff80001000\n"
	".set init_task, 0xffffffff80010000\n"
	".set __per_cpu_offset, 0xffffffff80005000\n"
	".set pcpu_hot, 0x100\n"
	".globl init_top_pgt, init_task, __per_cpu_offset, pcpu_hot, _start\n"
	".text\n"
	".macro function name\n"
	".type \\name, @function\n"
	"\\name: .skip 64, 0x90\n"
	".size \\name, 64\n"
	".endm\n"
	"_start:\n"
	"function rwsem_down_write_slowpath\n"
	"function free_pgtables\n"
	"function ret_from_fork\n"
	".section .orc_unwind_ip, \"a\"\n"
	".long rwsem_down_write_slowpath - .\n"
	".long free_pgtables - .\n"
	".long ret_from_fork - .\n"
	".section .orc_unwind, \"a\"\n"
	/* the caller's frame is 16 bytes above the stack pointer */
	".short 16, 0, 0x205\n"
	".short 16, 0, 0x205\n"
	".short 0, 0, 0x100\n"
	".data\n"
	".type a_lock, @object\n"
	"a_lock: .skip 40\n"
	".size a_lock, 40\n";

static const struct {
	const char *name;
	uint64_t value;
} fields[] = {
	{"pcpu_hot.current_task", 0},
	{"task_struct.__state", F_STATE},
	{"task_struct.comm", F_COMM},
	{"task_struct.flags", F_FLAGS},
	{"task_struct.mm", F_MM},
	{"task_struct.pid", F_PID},
	{"task_struct.signal", F_SIGNAL},
	{"task_struct.stack", F_STACK},
	{"task_struct.tasks", F_TASKS},
	{"task_struct.tgid", F_TGID},
	{"task_struct.thread.sp", F_SP},
	{"task_struct.thread_node", F_NODE},
	{"signal_struct.thread_head", 0},
	{"vm_area_struct.vm_lock", 0},
	{"vm_area_struct.vm_mm", 8},
	{"vm_area_struct.vm_start", 16},
	{"vm_area_struct.vm_end", 24},
	{"mm_struct.mmap_lock", 8},
	{"rw_semaphore.count", 0},
	{"rw_semaphore.owner", 8},
	{"rw_semaphore.wait_list", F_WAIT_LIST},
	{"THREAD_SIZE", 0x4000},
};

static inline void guest_put(Guest *guest, uint64_t at, uint64_t value)
{
	memcpy(guest->bytes + at, &value, sizeof(value));
}

static inline void guest_assemble(const Guest *guest, const char *name, const char *source,
				  const char *const *argv)
{
	g_autofree char *path = g_build_filename(guest->dir, name, NULL);
	FlProcSpec spec = {.argv = argv, .cwd = guest->dir};

	g_assert_true(fl_fs_write(path, source, strlen(source), NULL));
	g_assert_true(fl_proc_run(&spec, NULL, NULL, NULL));
}

static inline void guest_write_kernel(Guest *guest)
{
	static const char *const link[] = {"cc",
					   "-nostdlib",
					   "-static",
					   "-no-pie",
					   "-Wl,--build-id=none",
					   "-Wl,-Ttext=0xffffffff81000000",
					   "-Wl,-z,max-page-size=4096",
					   "-o",
					   "vmlinux",
					   "k.S",
					   NULL};
	static const char *const module[] = {"cc", "-c", "-o", "fl_offsets.ko", "o.S", NULL};
	g_autoptr(GString) offsets = g_string_new(".section .fl_offsets, \"a\"\n");

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		g_string_append_printf(offsets, ".ascii \"%s\"\n.skip %d\n.quad %d\n",
				       fields[i].name, (int)(40 - strlen(fields[i].name)),
				       (int)fields[i].value);
	guest_assemble(guest, "k.S", kernel_source, link);
	guest_assemble(guest, "o.S", offsets->str, module);
}

static inline void guest_write_task(Guest *guest)
{
	uint64_t task = AT_TASK, sp = AT_STACK + 0x3000;

	guest_put(guest, task + F_STATE, 2); /* and no flags */
	guest_put(guest, task + F_PID, 51 | 51ull << 32);
	memcpy(guest->bytes + task + F_COMM, "ft tests", 9);
	guest_put(guest, task + F_STACK, DIRECT + AT_STACK);
	guest_put(guest, task + F_SP, DIRECT + sp);
	guest_put(guest, task + F_MM, DIRECT + 0x20000);
	guest_put(guest, task + F_SIGNAL, DIRECT + AT_SIGNAL);
	guest_put(guest, AT_SIGNAL, DIRECT + task + F_NODE);
	guest_put(guest, task + F_NODE, DIRECT + AT_SIGNAL);
	guest_put(guest, AT_INIT_TASK + F_TASKS, DIRECT + task + F_TASKS);
	guest_put(guest, task + F_TASKS, TEXT + AT_INIT_TASK + F_TASKS);
	/* What switch_to() left, and two return addresses. */
	guest_put(guest, sp + 48, 0xffffffff81000010ull);
	guest_put(guest, sp + 56 + 8, 0xffffffff81000050ull);
	guest_put(guest, sp + 72 + 8, 0xffffffff81000090ull);
}

static inline void guest_write_lock(Guest *guest)
{
	uint64_t waiter = AT_STACK + 0x3800, list = AT_LOCK + F_WAIT_LIST;

	guest_put(guest, AT_LOCK, 0x100); /* one reader */
	guest_put(guest, AT_LOCK + 8, (DIRECT + AT_TASK) | 1);
	guest_put(guest, list, DIRECT + waiter);
	guest_put(guest, list + 8, DIRECT + waiter);
	guest_put(guest, waiter, DIRECT + list);
	guest_put(guest, waiter + 8, DIRECT + list);
	guest_put(guest, waiter + 16, DIRECT + AT_TASK);
	guest_put(guest, AT_STACK + 0x3900, DIRECT + AT_VMA);
	guest_put(guest, AT_VMA, DIRECT + AT_LOCK);
	guest_put(guest, AT_VMA + 8, DIRECT + 0x20000);
	guest_put(guest, AT_VMA + 16, 0x7f0000000000);
	guest_put(guest, AT_VMA + 24, 0x7f0000001000);
}

static inline Guest *guest_new(void)
{
	Guest *guest = g_new0(Guest, 1);

	guest->dir = g_dir_make_tmp("fl-guest-XXXXXX", NULL);
	guest->vmlinux = g_build_filename(guest->dir, "vmlinux", NULL);
	guest_write_kernel(guest);
	/* Two windows of 1 GiB onto the same memory. */
	guest_put(guest, AT_TOP + 511 * 8, AT_TEXT_TABLE | 1);
	guest_put(guest, AT_TOP + 273 * 8, AT_DIRECT_TABLE | 1);
	guest_put(guest, AT_TEXT_TABLE + 510 * 8, 0x81);
	guest_put(guest, AT_DIRECT_TABLE, 0x81);
	guest_put(guest, AT_PER_CPU, DIRECT + 0x6000);
	guest_put(guest, 0x6100, TEXT + AT_INIT_TASK);
	memcpy(guest->bytes + AT_INIT_TASK + F_COMM, "swapper/0", 10);
	guest_write_task(guest);
	guest_write_lock(guest);
	return guest;
}

static inline void guest_free(Guest *guest)
{
	g_assert_true(fl_fs_remove(guest->dir, NULL));
	g_free(guest->dir);
	g_free(guest->vmlinux);
	g_free(guest);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)

static inline bool guest_read(uint64_t physical, void *bytes, size_t len, gpointer data)
{
	Guest *guest = data;

	guest->n_read++;
	if (physical > MEMORY || len > MEMORY - physical)
		return false;
	memcpy(bytes, guest->bytes + physical, len);
	return true;
}

static inline FlKimage *guest_image(const Guest *guest)
{
	g_autoptr(GError) error = NULL;
	FlKimage *image = fl_kimage_open(guest->vmlinux, guest->dir, &error);

	g_assert_no_error(error);
	return image;
}
