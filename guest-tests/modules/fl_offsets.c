// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the fields are that an autopsy of a hung guest reads from its memory: the reduced debug
 * information of the kernels does not tell. Built with each kernel and read by the harness from
 * the .ko file; never loaded.
 */
#include <linux/lockdep.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/semaphore.h>
#include <asm/current.h>

struct fl_offset {
	char name[40];
	s64 value;
};

#define FIELD(type, field)                                     \
	{                                                      \
#type "." #field, offsetof(struct type, field) \
	}

static const struct fl_offset offsets[] __used __section(".fl_offsets") = {
	FIELD(pcpu_hot, current_task),
	FIELD(task_struct, __state),
	FIELD(task_struct, comm),
	FIELD(task_struct, flags),
	FIELD(task_struct, mm),
	FIELD(task_struct, pid),
	FIELD(task_struct, signal),
	FIELD(task_struct, stack),
	FIELD(task_struct, tasks),
	FIELD(task_struct, tgid),
	FIELD(task_struct, thread.sp),
	FIELD(task_struct, thread_node),
	FIELD(signal_struct, thread_head),
	FIELD(mm_struct, mmap_lock),
#ifdef CONFIG_PER_VMA_LOCK
	FIELD(vm_area_struct, vm_lock),
#endif
	FIELD(vm_area_struct, vm_mm),
	FIELD(vm_area_struct, vm_start),
	FIELD(vm_area_struct, vm_end),
	FIELD(rw_semaphore, count),
	FIELD(rw_semaphore, owner),
	FIELD(rw_semaphore, wait_list),
	FIELD(mutex, owner),
	FIELD(mutex, wait_list),
	FIELD(semaphore, wait_list),
#ifdef CONFIG_LOCKDEP
	FIELD(task_struct, held_locks),
	FIELD(task_struct, lockdep_depth),
	FIELD(held_lock, acquire_ip),
	FIELD(held_lock, instance),
	FIELD(rw_semaphore, dep_map),
	FIELD(mutex, dep_map),
	{"sizeof held_lock", sizeof(struct held_lock)},
#endif
	{"THREAD_SIZE", THREAD_SIZE},
};

MODULE_DESCRIPTION("Offsets of fields, to be read and not to be loaded");
MODULE_LICENSE("GPL");
