// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks init_task.tasks and the threads of each process. The lists may be torn: every walk has an
 * end.
 */
#include "judge/guesttask.h"

enum { TASKS_MAX = 8192, COMM_LEN = 16 };

#define STATE_INTERRUPTIBLE   0x1u
#define STATE_UNINTERRUPTIBLE 0x2u
#define STATE_STOPPED	      0xcu /* __TASK_STOPPED, __TASK_TRACED */
#define STATE_NOLOAD	      0x400u
#define PF_KTHREAD	      0x00200000u

/* struct inactive_task_frame: what switch_to() pushed. */
enum { FRAME_BP = 40, FRAME_IP = 48, FRAME_SIZE = 56 };

typedef struct {
	uint64_t state, comm, flags, mm, pid, signal, stack, tasks, tgid, sp, node, head;
} Fields;

static bool find_fields(const FlKimage *image, Fields *fields)
{
	const struct {
		const char *name;
		uint64_t *to;
	} wanted[] = {
		{"task_struct.__state", &fields->state},
		{"task_struct.comm", &fields->comm},
		{"task_struct.flags", &fields->flags},
		{"task_struct.mm", &fields->mm},
		{"task_struct.pid", &fields->pid},
		{"task_struct.signal", &fields->signal},
		{"task_struct.stack", &fields->stack},
		{"task_struct.tasks", &fields->tasks},
		{"task_struct.tgid", &fields->tgid},
		{"task_struct.thread.sp", &fields->sp},
		{"task_struct.thread_node", &fields->node},
		{"signal_struct.thread_head", &fields->head},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		if (!fl_kimage_offset(image, wanted[i].name, wanted[i].to))
			return false;
	return true;
}

static char state_letter(uint32_t state)
{
	if (!state)
		return 'R';
	if (state & STATE_UNINTERRUPTIBLE)
		return state & STATE_NOLOAD ? 'I' : 'D';
	if (state & STATE_INTERRUPTIBLE)
		return 'S';
	return state & STATE_STOPPED ? 'T' : 'Z';
}

void fl_guesttask_free(FlGuestTask *task)
{
	if (!task)
		return;
	g_free(task->comm);
	g_free(task);
}

static FlGuestTask *read_task(const FlGuestmem *memory, const Fields *fields, uint64_t address)
{
	FlGuestTask *task = g_new0(FlGuestTask, 1);

	task->address = address;
	task->pid = (int)fl_guestmem_u32(memory, address + fields->pid);
	task->tgid = (int)fl_guestmem_u32(memory, address + fields->tgid);
	task->comm = fl_guestmem_text(memory, address + fields->comm, COMM_LEN);
	task->state = state_letter(fl_guestmem_u32(memory, address + fields->state));
	task->kernel_thread = fl_guestmem_u32(memory, address + fields->flags) & PF_KTHREAD;
	task->stack = fl_guestmem_u64(memory, address + fields->stack);
	task->sp = fl_guestmem_u64(memory, address + fields->sp);
	task->mm = fl_guestmem_u64(memory, address + fields->mm);
	return task;
}

FlGuestTask *fl_guesttask_read(const FlKimage *image, const FlGuestmem *memory, uint64_t address)
{
	Fields fields;

	return find_fields(image, &fields) ? read_task(memory, &fields, address) : NULL;
}

static void add_threads(GPtrArray *tasks, const FlGuestmem *memory, const Fields *fields,
			uint64_t leader)
{
	uint64_t head = fl_guestmem_u64(memory, leader + fields->signal) + fields->head;
	uint64_t node = fl_guestmem_u64(memory, head);

	/* A leader that is gone from its list is still a task. */
	if (!fl_guestmem_is_kernel(node) || node == head)
		g_ptr_array_add(tasks, read_task(memory, fields, leader));
	for (; fl_guestmem_is_kernel(node) && node != head && tasks->len < TASKS_MAX;
	     node = fl_guestmem_u64(memory, node))
		g_ptr_array_add(tasks, read_task(memory, fields, node - fields->node));
}

GPtrArray *fl_guesttask_walk(const FlKimage *image, const FlGuestmem *memory)
{
	g_autoptr(GPtrArray) tasks =
		g_ptr_array_new_with_free_func((GDestroyNotify)fl_guesttask_free);
	uint64_t head, node;
	Fields fields;

	if (!find_fields(image, &fields) || !fl_kimage_symbol(image, "init_task", &head))
		return NULL;
	head += fields.tasks;
	for (node = fl_guestmem_u64(memory, head);
	     fl_guestmem_is_kernel(node) && node != head && tasks->len < TASKS_MAX;
	     node = fl_guestmem_u64(memory, node))
		add_threads(tasks, memory, &fields, node - fields.tasks);
	return node == head ? g_steal_pointer(&tasks) : NULL;
}

const FlGuestTask *fl_guesttask_find(const GPtrArray *tasks, uint64_t address)
{
	for (guint i = 0; address && i < tasks->len; i++) {
		const FlGuestTask *task = tasks->pdata[i];

		if (task->address == address)
			return task;
	}
	return NULL;
}

char *fl_guesttask_name(const FlGuestTask *task)
{
	return g_strdup_printf("%s:%d", task->comm, task->pid);
}

char **fl_guesttask_stack(const FlKimage *image, const FlGuestmem *memory, const FlGuestTask *task)
{
	FlUnwind at = {.ip = fl_guestmem_u64(memory, task->sp + FRAME_IP),
		       .bp = fl_guestmem_u64(memory, task->sp + FRAME_BP),
		       .sp = task->sp + FRAME_SIZE};

	return fl_unwind(image, memory, at);
}

uint64_t fl_guesttask_current(const FlKimage *image, const FlGuestmem *memory, unsigned cpu)
{
	uint64_t hot, offsets, field;

	if (!fl_kimage_symbol(image, "pcpu_hot", &hot) ||
	    !fl_kimage_symbol(image, "__per_cpu_offset", &offsets) ||
	    !fl_kimage_offset(image, "pcpu_hot.current_task", &field))
		return 0;
	return fl_guestmem_u64(memory, fl_guestmem_u64(memory, offsets + 8ull * cpu) + hot + field);
}
