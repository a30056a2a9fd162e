// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts together what guestcpu and blocked read and what diagnosis makes of it. A pure function of
 * its arguments; what could not be read is named and never guessed.
 */
#include "judge/autopsy.h"

#include "base/json.h"
#include "judge/diagnosis.h"
#include "judge/symbolize.h"

typedef struct {
	const FlAutopsySpec *spec;
	FlKimage *image;
	FlGuestmem memory;
	bool has_memory;
	GPtrArray *tasks;   /* of FlGuestTask, or NULL */
	GPtrArray *blocked; /* of FlBlocked, or NULL: the tasks are not known */
	GPtrArray *cpus;    /* of FlGuestCpu */
	json_t *unknown;
} Autopsy;

static void autopsy_clear(Autopsy *autopsy)
{
	fl_kimage_close(autopsy->image);
	g_clear_pointer(&autopsy->blocked, g_ptr_array_unref);
	g_clear_pointer(&autopsy->tasks, g_ptr_array_unref);
	g_clear_pointer(&autopsy->cpus, g_ptr_array_unref);
	json_decref(autopsy->unknown);
}

static void not_known(Autopsy *autopsy, const char *sentence)
{
	json_array_append_new(autopsy->unknown, fl_json_string(sentence));
}

/* ---- reading ---- */

static void open_kernel(Autopsy *autopsy)
{
	const FlAutopsySpec *spec = autopsy->spec;
	g_autoptr(GError) error = NULL;

	if (!spec->vmlinux) {
		not_known(autopsy, "no vmlinux belongs to this kernel: stacks, tasks and locks");
		return;
	}
	autopsy->image = fl_kimage_open(spec->vmlinux, spec->modules, &error);
	if (!autopsy->image)
		not_known(autopsy, error->message);
	else if (!fl_guestmem_init(&autopsy->memory, autopsy->image, spec->read, spec->data))
		not_known(autopsy, "the kernel does not lie where its vmlinux says, or its page "
				   "tables are gone: stacks, tasks and locks");
	else
		autopsy->has_memory = true;
	if (autopsy->has_memory && !fl_kimage_has_offsets(autopsy->image))
		not_known(autopsy, "the module fl_offsets is not there: tasks and locks");
}

static void read_tasks(Autopsy *autopsy)
{
	if (!autopsy->has_memory || !fl_kimage_has_offsets(autopsy->image))
		return;
	autopsy->tasks = fl_guesttask_walk(autopsy->image, &autopsy->memory);
	if (autopsy->tasks)
		autopsy->blocked =
			fl_blocked_find(autopsy->image, &autopsy->memory, autopsy->tasks);
	else
		not_known(autopsy, "the list of tasks makes no sense: tasks and locks");
}

static void look(Autopsy *autopsy, const char *registers)
{
	g_autoptr(GPtrArray) before = g_steal_pointer(&autopsy->cpus);

	autopsy->cpus = fl_guestcpu_look(
		autopsy->image, autopsy->has_memory ? &autopsy->memory : NULL, registers, before);
}

static void read_cpus(Autopsy *autopsy)
{
	const FlAutopsySpec *spec = autopsy->spec;

	look(autopsy, spec->now ? spec->now : "");
	if (!autopsy->cpus->len)
		not_known(autopsy, "QEMU did not tell the registers: what the vCPUs do");
	for (unsigned i = 1; i < FL_GUESTCPU_LOOKS && autopsy->cpus->len && spec->look_again; i++) {
		g_autofree char *registers = spec->look_again(spec->data);

		if (!registers)
			break;
		look(autopsy, registers);
	}
	fl_guestcpu_measure(autopsy->cpus, spec->before_ms, spec->now_ms);
}

/* ---- as an object ---- */

static json_t *frames_json(FlSymbolize *symbols, char **frames, bool exact)
{
	g_auto(GStrv) better = g_strdupv(frames);

	if (symbols && better)
		fl_symbolize_frames(symbols, &better, exact);
	return fl_json_strings(better);
}

static json_t *lock_json(const FlLockwait *wait)
{
	g_autofree char *address = NULL, *owner = NULL;

	if (!wait)
		return json_null();
	address = g_strdup_printf("%llx", (unsigned long long)wait->address);
	owner = wait->owner ? fl_guesttask_name(wait->owner) : NULL;
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o}", "name", fl_json_string(wait->name),
			 "kind", wait->kind, "address", address, "held", fl_json_string(wait->held),
			 "owner", fl_json_string_or_null(owner), "taken_in",
			 fl_json_string_or_null(wait->taken_in));
}

static json_t *tasks_json(const GPtrArray *blocked, FlSymbolize *symbols)
{
	json_t *array = json_array();

	for (guint i = 0; blocked && i < blocked->len; i++) {
		const FlBlocked *one = blocked->pdata[i];
		g_autofree char *name = fl_guesttask_name(one->task);

		json_array_append_new(array,
				      json_pack("{s:o, s:s%, s:o, s:o}", "task",
						fl_json_string(name), "state", &one->task->state,
						(size_t)1, "lock", lock_json(one->wait), "frames",
						frames_json(symbols, one->frames, false)));
	}
	return array;
}

static json_t *looks_json(const GPtrArray *looks)
{
	json_t *array = json_array();

	for (guint i = 0; i < looks->len; i++)
		json_array_append_new(array, fl_json_string(looks->pdata[i]));
	return array;
}

static json_t *vcpus_json(const GPtrArray *cpus, FlSymbolize *symbols)
{
	json_t *array = json_array();

	for (guint i = 0; i < cpus->len; i++) {
		const FlGuestCpu *cpu = cpus->pdata[i];

		json_array_append_new(
			array, json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "cpu", (int)cpu->number,
					 "does", fl_guestcpu_does(cpu), "task",
					 fl_json_string_or_null(cpu->task), "host_ms",
					 cpu->has_time ? json_integer((json_int_t)cpu->host_ms)
						       : json_null(),
					 "frames", frames_json(symbols, cpu->frames, true), "looks",
					 looks_json(cpu->looks)));
	}
	return array;
}

json_t *fl_autopsy(const FlAutopsySpec *spec)
{
	__attribute__((cleanup(autopsy_clear))) Autopsy autopsy = {.spec = spec};
	g_autoptr(FlSymbolize) symbols = NULL;
	g_autofree char *sentence = NULL;
	const char *kind;

	autopsy.unknown = json_array();
	open_kernel(&autopsy);
	read_cpus(&autopsy);
	read_tasks(&autopsy);
	kind = fl_diagnosis(autopsy.cpus, autopsy.blocked, &sentence);
	if (autopsy.image)
		symbols = fl_symbolize_open(spec->vmlinux, spec->modules, NULL);
	return json_pack("{s:s, s:o, s:o, s:O, s:o, s:o}", "kind", kind, "sentence",
			 fl_json_string(sentence), "why", fl_json_string_or_null(spec->why),
			 "unknown", autopsy.unknown, "vcpus", vcpus_json(autopsy.cpus, symbols),
			 "tasks", tasks_json(autopsy.blocked, symbols));
}

void fl_autopsy_apply(FlVerdict *verdict, json_t *autopsy)
{
	const char *sentence = json_string_value(json_object_get(autopsy, "sentence"));
	const char *kind = json_string_value(json_object_get(autopsy, "kind"));
	char *reason;

	if (!sentence || !kind)
		return;
	json_decref(verdict->autopsy);
	verdict->autopsy = json_incref(autopsy);
	if (verdict->kind != FL_VERDICT_HANG)
		return;
	reason = g_strdup_printf("%s; %s: %s", verdict->reason, kind, sentence);
	g_free(verdict->reason);
	verdict->reason = reason;
	g_free(verdict->hang);
	verdict->hang = g_strdup_printf("%s: %s", kind, sentence);
}
