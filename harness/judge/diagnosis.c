// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules, the strongest first: no time from the host, a lock, what the vCPUs do. Reads nothing
 * of the guest.
 */
#include "judge/diagnosis.h"

static const FlGuestCpu *first_that(const GPtrArray *cpus, FlGuestCpuDoes does)
{
	for (guint i = 0; i < cpus->len; i++) {
		const FlGuestCpu *cpu = cpus->pdata[i];

		if (cpu->does == does)
			return cpu;
	}
	return NULL;
}

static const FlGuestCpu *first_that_stays(const GPtrArray *cpus, FlGuestCpuDoes does)
{
	for (guint i = 0; i < cpus->len; i++) {
		const FlGuestCpu *cpu = cpus->pdata[i];

		if (cpu->does == does && fl_guestcpu_stays(cpu))
			return cpu;
	}
	return NULL;
}

/* Every vCPU that wants to run was given no time at all. */
static bool is_starved(const GPtrArray *cpus)
{
	bool wants = false;

	for (guint i = 0; i < cpus->len; i++) {
		const FlGuestCpu *cpu = cpus->pdata[i];

		if (cpu->does != FL_GUESTCPU_KERNEL && cpu->does != FL_GUESTCPU_USER)
			continue;
		if (!cpu->has_time || cpu->host_ms)
			return false;
		wants = true;
	}
	return wants;
}

static const char *rule_blocked(const GPtrArray *all, const FlBlocked *blocked, char **ret_sentence)
{
	if (!blocked->wait) {
		*ret_sentence = fl_blocked_sentence(blocked);
		return "blocked";
	}
	return fl_blocked_for_ever(all, blocked, ret_sentence) ? "deadlock" : "lock-held";
}

static char *place_sentence(const FlGuestCpu *cpu, const char *what)
{
	g_autofree char *in = fl_guestcpu_place(cpu);

	return g_strdup_printf("vCPU %u %s in %s%s%s", cpu->number, what, in,
			       cpu->task ? ", task " : "", cpu->task ? cpu->task : "");
}

static char *busy_sentence(const FlGuestCpu *cpu)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "vCPU %u runs%s%s, seen in", cpu->number,
			       cpu->task ? " task " : "", cpu->task ? cpu->task : "");
	for (guint i = 0; i < cpu->looks->len; i++)
		g_string_append_printf(out, "%s %s", i ? "," : "",
				       (const char *)cpu->looks->pdata[i]);
	return g_string_free(out, FALSE);
}

static const char *rule_running(const GPtrArray *cpus, char **ret_sentence)
{
	const FlGuestCpu *cpu;

	if ((cpu = first_that_stays(cpus, FL_GUESTCPU_KERNEL))) {
		*ret_sentence = place_sentence(cpu, "runs in the kernel without an end,");
		return "livelock";
	}
	if ((cpu = first_that_stays(cpus, FL_GUESTCPU_USER))) {
		*ret_sentence = g_strdup_printf(
			"vCPU %u runs in user space%s%s and nothing comes of it", cpu->number,
			cpu->task ? ", task " : "", cpu->task ? cpu->task : "");
		return "user-livelock";
	}
	if (!(cpu = first_that(cpus, FL_GUESTCPU_KERNEL)))
		cpu = first_that(cpus, FL_GUESTCPU_USER);
	if (!cpu)
		return NULL;
	*ret_sentence = busy_sentence(cpu);
	return "busy";
}

static const char *rule_cpus(const GPtrArray *cpus, const GPtrArray *blocked, char **ret_sentence)
{
	const FlGuestCpu *cpu = first_that(cpus, FL_GUESTCPU_HALTED);
	const char *kind = NULL;

	if (!cpu || first_that(cpus, FL_GUESTCPU_KERNEL))
		kind = rule_running(cpus, ret_sentence);
	if (kind)
		return kind;
	if (cpu) {
		*ret_sentence = place_sentence(cpu, "is halted for ever with interrupts off");
		return "dead-cpu";
	}
	if (!cpus->len) {
		*ret_sentence = g_strdup("the guest could not be looked at");
		return "unknown";
	}
	*ret_sentence =
		g_strdup_printf("every vCPU idles%s", blocked ? " and no task is blocked" : "");
	return "idle";
}

const char *fl_diagnosis(const GPtrArray *cpus, const GPtrArray *blocked, char **ret_sentence)
{
	const FlBlocked *telling = fl_blocked_telling(blocked);

	if (is_starved(cpus)) {
		*ret_sentence = g_strdup("the host gave the vCPUs no time to run");
		return "starved";
	}
	/* A thread of the kernel that sleeps tells little while a vCPU spins. */
	if (telling && (telling->wait || !first_that(cpus, FL_GUESTCPU_KERNEL)))
		return rule_blocked(blocked, telling, ret_sentence);
	return rule_cpus(cpus, blocked, ret_sentence);
}
