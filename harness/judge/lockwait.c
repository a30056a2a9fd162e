// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the waiter on the task's own stack: struct rwsem_waiter, mutex_waiter and semaphore_waiter
 * all begin with their list and the task. The one node of that list which is no waiter is the
 * lock's. Reads what the lock says of its holder; with lockdep, also where it was taken.
 */
#include "judge/lockwait.h"

#include <string.h>

enum { WAITER_TASK = 16, WAITERS_MAX = 4096, HELD_MAX = 48 };

#define RWSEM_WRITER	   1ull
#define RWSEM_READER_SHIFT 8
#define RWSEM_OWNER_READER 1ull
#define OWNER_FLAGS	   7ull

static bool in_stack(const FlGuestTask *task, uint64_t address, uint64_t size)
{
	return address >= task->stack && address < task->stack + size;
}

static bool is_waiter(const FlGuestmem *memory, const GPtrArray *tasks, uint64_t node,
		      uint64_t size)
{
	const FlGuestTask *task =
		fl_guesttask_find(tasks, fl_guestmem_u64(memory, node + WAITER_TASK));

	return task && in_stack(task, node, size);
}

/* From a waiter along its list to the head in the lock; 0: this is no list. */
static uint64_t list_head(const FlGuestmem *memory, const GPtrArray *tasks, uint64_t waiter,
			  uint64_t size)
{
	uint64_t node = fl_guestmem_u64(memory, waiter), before = waiter;

	for (unsigned i = 0; i < WAITERS_MAX && node != waiter; i++) {
		if (!fl_guestmem_is_kernel(node) || fl_guestmem_u64(memory, node + 8) != before)
			return 0;
		if (!is_waiter(memory, tasks, node, size))
			return node;
		before = node;
		node = fl_guestmem_u64(memory, node);
	}
	return 0;
}

static uint64_t find_head(const FlGuestmem *memory, const GPtrArray *tasks, const FlGuestTask *task,
			  uint64_t size)
{
	for (uint64_t at = task->sp & ~7ull; in_stack(task, at, size); at += 8) {
		uint64_t waiter = at - WAITER_TASK, head;

		if (fl_guestmem_u64(memory, at) != task->address)
			continue;
		head = list_head(memory, tasks, waiter, size);
		if (head)
			return head;
	}
	return 0;
}

static bool stack_has(char **frames, const char *prefix)
{
	for (; *frames; frames++)
		if (g_str_has_prefix(*frames, prefix))
			return true;
	return false;
}

static const char *kind_of(char **frames)
{
	if (stack_has(frames, "rwsem_down_"))
		return "rw_semaphore";
	if (stack_has(frames, "__mutex_lock") || stack_has(frames, "mutex_lock") ||
	    stack_has(frames, "__ww_mutex_lock"))
		return "mutex";
	return stack_has(frames, "__down") ? "semaphore" : NULL;
}

/* ---- its name ---- */

static const FlGuestTask *task_of_mm(const GPtrArray *tasks, uint64_t mm)
{
	for (guint i = 0; mm && i < tasks->len; i++) {
		const FlGuestTask *task = tasks->pdata[i];

		if (task->mm == mm)
			return task;
	}
	return NULL;
}

/* The VMA whose lock it is: the waiter has it on its stack. */
static char *vma_name(const FlKimage *image, const FlGuestmem *memory, const GPtrArray *tasks,
		      const FlGuestTask *task, uint64_t lock, uint64_t size)
{
	uint64_t vm_lock, vm_mm, vm_start, vm_end;

	if (!fl_kimage_offset(image, "vm_area_struct.vm_lock", &vm_lock) ||
	    !fl_kimage_offset(image, "vm_area_struct.vm_mm", &vm_mm) ||
	    !fl_kimage_offset(image, "vm_area_struct.vm_start", &vm_start) ||
	    !fl_kimage_offset(image, "vm_area_struct.vm_end", &vm_end))
		return NULL;
	for (uint64_t at = task->sp & ~7ull; in_stack(task, at, size); at += 8) {
		uint64_t vma = fl_guestmem_u64(memory, at);
		g_autofree char *name = NULL;
		const FlGuestTask *user;

		if (!fl_guestmem_is_kernel(vma) || fl_guestmem_u64(memory, vma + vm_lock) != lock)
			continue;
		user = task_of_mm(tasks, fl_guestmem_u64(memory, vma + vm_mm));
		name = fl_guesttask_name(user ? user : task);
		return g_strdup_printf("the VMA lock of %llx-%llx in %s",
				       (unsigned long long)fl_guestmem_u64(memory, vma + vm_start),
				       (unsigned long long)fl_guestmem_u64(memory, vma + vm_end),
				       name);
	}
	return NULL;
}

static char *mmap_name(const FlKimage *image, const GPtrArray *tasks, uint64_t lock)
{
	uint64_t offset;
	const FlGuestTask *user;
	g_autofree char *name = NULL;

	if (!fl_kimage_offset(image, "mm_struct.mmap_lock", &offset))
		return NULL;
	user = task_of_mm(tasks, lock - offset);
	if (!user)
		return NULL;
	name = fl_guesttask_name(user);
	return g_strdup_printf("mmap_lock of %s", name);
}

static char *lock_name(const FlKimage *image, const FlGuestmem *memory, const GPtrArray *tasks,
		       const FlGuestTask *task, const FlLockwait *wait, char **frames,
		       uint64_t size)
{
	char *name = mmap_name(image, tasks, wait->address);

	if (!name)
		name = vma_name(image, memory, tasks, task, wait->address, size);
	if (!name)
		name = fl_kimage_variable(image, wait->address);
	if (!name &&
	    (stack_has(frames, "__vma_start_write") || stack_has(frames, "vma_start_write")))
		name = g_strdup("a VMA lock");
	if (!name)
		name = g_strdup_printf("the %s at %llx", wait->kind,
				       (unsigned long long)wait->address);
	return name;
}

/* ---- its holder ---- */

/* The frame in which a task took the lock, by lockdep's list of what it holds. */
static char *taken_by(const FlKimage *image, const FlGuestmem *memory, const FlGuestTask *task,
		      uint64_t map, bool is_waiter_too)
{
	uint64_t depth_at, held_at, ip, instance, size;
	uint32_t depth;

	if (!fl_kimage_offset(image, "task_struct.lockdep_depth", &depth_at) ||
	    !fl_kimage_offset(image, "task_struct.held_locks", &held_at) ||
	    !fl_kimage_offset(image, "held_lock.acquire_ip", &ip) ||
	    !fl_kimage_offset(image, "held_lock.instance", &instance) ||
	    !fl_kimage_offset(image, "sizeof held_lock", &size))
		return NULL;
	depth = fl_guestmem_u32(memory, task->address + depth_at);
	/* What it waits for stands in the list already, as the last one. */
	if (is_waiter_too && depth)
		depth--;
	for (uint32_t i = 0; i < MIN(depth, (uint32_t)HELD_MAX); i++) {
		uint64_t held = task->address + held_at + size * i;

		if (fl_guestmem_u64(memory, held + instance) == map)
			return fl_kimage_frame(image, fl_guestmem_u64(memory, held + ip));
	}
	return NULL;
}

static void find_taken(const FlKimage *image, const FlGuestmem *memory, const GPtrArray *tasks,
		       const FlGuestTask *waiter, FlLockwait *wait)
{
	g_autofree char *field = g_strconcat(wait->kind, ".dep_map", NULL);
	uint64_t map;

	if (!fl_kimage_offset(image, field, &map))
		return;
	map += wait->address;
	for (guint i = 0; !wait->taken_in && i < tasks->len; i++) {
		const FlGuestTask *task = tasks->pdata[i];

		if (wait->owner ? task != wait->owner : task->state == 'D')
			continue;
		wait->taken_in = taken_by(image, memory, task, map, task == waiter);
		if (wait->taken_in && !wait->owner)
			wait->owner = task;
	}
}

static void read_holder(const FlKimage *image, const FlGuestmem *memory, const GPtrArray *tasks,
			FlLockwait *wait)
{
	bool is_rwsem = strcmp(wait->kind, "rw_semaphore") == 0;
	g_autofree char *field = g_strconcat(wait->kind, ".owner", NULL);
	uint64_t offset, owner, count;

	if (!fl_kimage_offset(image, field, &offset))
		return;
	owner = fl_guestmem_u64(memory, wait->address + offset);
	wait->owner_is_reader = is_rwsem && owner & RWSEM_OWNER_READER;
	wait->owner = fl_guesttask_find(tasks, owner & ~OWNER_FLAGS);
	if (!is_rwsem || !fl_kimage_offset(image, "rw_semaphore.count", &offset))
		return;
	count = fl_guestmem_u64(memory, wait->address + offset);
	wait->readers =
		count & RWSEM_WRITER ? 0 : (unsigned)(count >> RWSEM_READER_SHIFT & 0xffffff);
}

static char *holder_words(const FlLockwait *wait, const FlGuestTask *waiter)
{
	g_autofree char *owner = wait->owner ? fl_guesttask_name(wait->owner) : NULL;
	const char *who = wait->owner == waiter ? "that very task" : owner;

	if (strcmp(wait->kind, "semaphore") == 0)
		return g_strdup("a semaphore does not know its holder");
	if (!wait->owner_is_reader && !wait->readers)
		return owner ? g_strdup_printf("held by %s", who)
			     : g_strdup("held by nobody that lives");
	return g_strdup_printf("held for reading %u times, last taken so by %s", wait->readers,
			       who ? who : "a task that is gone");
}

FlLockwait *fl_lockwait_find(const FlKimage *image, const FlGuestmem *memory,
			     const GPtrArray *tasks, const FlGuestTask *task, char **frames)
{
	const char *kind = kind_of(frames);
	g_autofree char *field = g_strconcat(kind ? kind : "", ".wait_list", NULL);
	uint64_t size, head, offset;
	FlLockwait *wait;

	if (!kind || !fl_kimage_offset(image, field, &offset) ||
	    !fl_kimage_offset(image, "THREAD_SIZE", &size))
		return NULL;
	head = find_head(memory, tasks, task, size);
	if (!head)
		return NULL;
	wait = g_new0(FlLockwait, 1);
	wait->kind = kind;
	wait->address = head - offset;
	wait->name = lock_name(image, memory, tasks, task, wait, frames, size);
	read_holder(image, memory, tasks, wait);
	find_taken(image, memory, tasks, task, wait);
	wait->held = holder_words(wait, task);
	return wait;
}

void fl_lockwait_free(FlLockwait *wait)
{
	if (!wait)
		return;
	g_free(wait->name);
	g_free(wait->held);
	g_free(wait->taken_in);
	g_free(wait);
}
