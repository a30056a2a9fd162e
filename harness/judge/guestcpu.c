// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts registers, current task and stack of each vCPU together, and compares its places from look
 * to look. Says nothing of what that means for the guest.
 */
#include "judge/guestcpu.h"

#include "judge/guesttask.h"
#include "judge/stack.h"
#include "judge/vcpu.h"

#include <string.h>

enum { PRIVILEGE_USER = 3 };

static void cpu_free(gpointer data)
{
	FlGuestCpu *cpu = data;

	g_free(cpu->task);
	g_strfreev(cpu->frames);
	g_strfreev(cpu->steady);
	g_ptr_array_unref(cpu->looks);
	g_free(cpu);
}

const char *fl_guestcpu_does(const FlGuestCpu *cpu)
{
	static const char *const names[] = {[FL_GUESTCPU_IDLE] = "idle",
					    [FL_GUESTCPU_KERNEL] = "kernel",
					    [FL_GUESTCPU_USER] = "user",
					    [FL_GUESTCPU_HALTED] = "halted"};

	return names[cpu->does];
}

static FlGuestCpuDoes what_it_does(const FlVcpu *vcpu, bool is_idle_task)
{
	if (vcpu->halted)
		return vcpu->interrupts ? FL_GUESTCPU_IDLE : FL_GUESTCPU_HALTED;
	if (vcpu->privilege == PRIVILEGE_USER)
		return FL_GUESTCPU_USER;
	return is_idle_task ? FL_GUESTCPU_IDLE : FL_GUESTCPU_KERNEL;
}

static void read_current(const FlKimage *image, const FlGuestmem *memory, FlGuestCpu *cpu,
			 bool *ret_is_idle)
{
	uint64_t address = fl_guesttask_current(image, memory, cpu->number);
	g_autoptr(FlGuestTask) task = address ? fl_guesttask_read(image, memory, address) : NULL;

	if (!task)
		return;
	cpu->task = fl_guesttask_name(task);
	*ret_is_idle = task->pid == 0;
}

static char **read_frames(const FlKimage *image, const FlGuestmem *memory, const FlVcpu *vcpu)
{
	FlUnwind at = {.ip = vcpu->ip,
		       .sp = vcpu->sp,
		       .bp = vcpu->bp,
		       .r10 = vcpu->r10,
		       .r13 = vcpu->r13,
		       .di = vcpu->di,
		       .dx = vcpu->dx,
		       .has_registers = true,
		       .exact = true};

	return fl_unwind(image, memory, at);
}

/* Names of functions, without those that have none. */
static char **functions_of(char **frames)
{
	GPtrArray *names = g_ptr_array_new();

	for (; frames && *frames; frames++) {
		char *name = fl_stack_function(*frames);

		if (g_str_has_prefix(name, "0x"))
			g_free(name);
		else
			g_ptr_array_add(names, name);
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

/* The functions of a that are in b, too. */
static char **in_both(char **a, char **b)
{
	GPtrArray *names = g_ptr_array_new();

	for (; a && *a; a++)
		if (b && g_strv_contains((const char *const *)b, *a))
			g_ptr_array_add(names, g_strdup(*a));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

/* A place in the kernel is its innermost function; one without a name is its address. */
static void note_look(FlGuestCpu *cpu)
{
	if (cpu->does != FL_GUESTCPU_KERNEL || !cpu->frames || !*cpu->frames)
		g_ptr_array_add(cpu->looks, g_strdup(fl_guestcpu_does(cpu)));
	else
		g_ptr_array_add(cpu->looks, fl_stack_function(*cpu->frames));
	if (cpu->does == FL_GUESTCPU_KERNEL)
		cpu->steady = functions_of(cpu->frames);
}

/* What was seen of the same vCPU at the looks before. */
static void go_on_from(FlGuestCpu *cpu, const FlGuestCpu *before)
{
	g_auto(GStrv) steady = cpu->steady;

	for (guint i = before->looks->len; i > 0; i--)
		g_ptr_array_insert(cpu->looks, 0, g_strdup(before->looks->pdata[i - 1]));
	cpu->steady = in_both(steady, before->steady);
}

static FlGuestCpu *look_at(const FlKimage *image, const FlGuestmem *memory, const FlVcpu *vcpu)
{
	FlGuestCpu *cpu = g_new0(FlGuestCpu, 1);
	bool is_idle = false;

	cpu->number = vcpu->number;
	cpu->looks = g_ptr_array_new_with_free_func(g_free);
	if (memory)
		read_current(image, memory, cpu, &is_idle);
	if (memory && vcpu->privilege != PRIVILEGE_USER)
		cpu->frames = read_frames(image, memory, vcpu);
	cpu->does = what_it_does(vcpu, is_idle);
	note_look(cpu);
	return cpu;
}

GPtrArray *fl_guestcpu_look(const FlKimage *image, const FlGuestmem *memory, const char *registers,
			    const GPtrArray *before)
{
	g_autoptr(GArray) vcpus = fl_vcpu_parse(registers);
	GPtrArray *cpus = g_ptr_array_new_with_free_func(cpu_free);

	for (guint i = 0; i < vcpus->len; i++) {
		FlGuestCpu *cpu = look_at(image, memory, &g_array_index(vcpus, FlVcpu, i));

		if (before && i < before->len)
			go_on_from(cpu, before->pdata[i]);
		g_ptr_array_add(cpus, cpu);
	}
	return cpus;
}

static bool ms_of(const GArray *times, unsigned i, uint64_t *ret_ms)
{
	if (!times || i >= times->len)
		return false;
	*ret_ms = g_array_index(times, uint64_t, i);
	return true;
}

void fl_guestcpu_measure(GPtrArray *cpus, const GArray *before_ms, const GArray *now_ms)
{
	for (guint i = 0; i < cpus->len; i++) {
		FlGuestCpu *cpu = cpus->pdata[i];
		uint64_t before;

		cpu->has_time = ms_of(before_ms, cpu->number, &before) &&
				ms_of(now_ms, cpu->number, &cpu->host_ms);
		if (cpu->has_time)
			cpu->host_ms -= before;
	}
}

bool fl_guestcpu_stays(const FlGuestCpu *cpu)
{
	if (cpu->looks->len < FL_GUESTCPU_LOOKS)
		return false;
	if (cpu->does == FL_GUESTCPU_KERNEL && cpu->steady && *cpu->steady)
		return true;
	for (guint i = 0; i < cpu->looks->len; i++)
		if (strcmp(cpu->looks->pdata[i], cpu->looks->pdata[0]) != 0)
			return false;
	return cpu->does == FL_GUESTCPU_KERNEL || cpu->does == FL_GUESTCPU_USER;
}

char *fl_guestcpu_place(const FlGuestCpu *cpu)
{
	if (cpu->steady && *cpu->steady)
		return g_strdup(*cpu->steady);
	return cpu->frames && *cpu->frames ? fl_stack_function(*cpu->frames) : g_strdup("?");
}
