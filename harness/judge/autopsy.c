// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts together what vcpu, guesttask and lockwait read, and says which kind of hang it is. A pure
 * function of its arguments; what could not be read is named and never guessed.
 */
#include "judge/autopsy.h"

#include "base/json.h"
#include "judge/lockwait.h"
#include "judge/stack.h"
#include "judge/symbolize.h"
#include "judge/vcpu.h"

#include <string.h>

/* A task in state D. */
typedef struct {
	const FlGuestTask *task;
	char **frames;
	FlLockwait *wait; /* or NULL */
} Blocked;

typedef enum { DOES_IDLE, DOES_KERNEL, DOES_USER, DOES_HALTED } Does;

static const char *const does_names[] = {[DOES_IDLE] = "idle",
					 [DOES_KERNEL] = "kernel",
					 [DOES_USER] = "user",
					 [DOES_HALTED] = "halted"};

typedef struct {
	FlVcpu now;
	Does does;
	bool has_time; /* host_ms is known */
	uint64_t host_ms;
	char *task;
	char **frames;
	GPtrArray *looks; /* of char *: where it was at each look, this one the last */
	char **steady;	  /* functions of the kernel in which it was at every look */
} Vcpu;

typedef struct {
	const FlAutopsySpec *spec;
	FlKimage *image;
	FlGuestmem memory;
	bool has_memory;
	GPtrArray *tasks;   /* of FlGuestTask, or NULL */
	GPtrArray *blocked; /* of Blocked */
	GPtrArray *vcpus;   /* of Vcpu */
	json_t *unknown;
} Autopsy;

static void blocked_free(gpointer data)
{
	Blocked *blocked = data;

	g_strfreev(blocked->frames);
	fl_lockwait_free(blocked->wait);
	g_free(blocked);
}

static void vcpu_free(gpointer data)
{
	Vcpu *vcpu = data;

	g_free(vcpu->task);
	g_strfreev(vcpu->frames);
	g_strfreev(vcpu->steady);
	g_ptr_array_unref(vcpu->looks);
	g_free(vcpu);
}

static void autopsy_clear(Autopsy *autopsy)
{
	fl_kimage_close(autopsy->image);
	g_clear_pointer(&autopsy->tasks, g_ptr_array_unref);
	g_clear_pointer(&autopsy->blocked, g_ptr_array_unref);
	g_clear_pointer(&autopsy->vcpus, g_ptr_array_unref);
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
	if (!autopsy->tasks)
		not_known(autopsy, "the list of tasks makes no sense: tasks and locks");
	for (guint i = 0; autopsy->tasks && i < autopsy->tasks->len; i++) {
		const FlGuestTask *task = autopsy->tasks->pdata[i];
		Blocked *blocked;

		if (task->state != 'D')
			continue;
		blocked = g_new0(Blocked, 1);
		blocked->task = task;
		blocked->frames = fl_guesttask_stack(autopsy->image, &autopsy->memory, task);
		blocked->wait = fl_lockwait_find(autopsy->image, &autopsy->memory, autopsy->tasks,
						 task, blocked->frames);
		g_ptr_array_add(autopsy->blocked, blocked);
	}
}

static bool ms_of(const GArray *times, unsigned i, uint64_t *ret_ms)
{
	if (!times || i >= times->len)
		return false;
	*ret_ms = g_array_index(times, uint64_t, i);
	return true;
}

static Does what_it_does(const FlVcpu *vcpu, bool is_idle_task)
{
	if (vcpu->halted)
		return vcpu->interrupts ? DOES_IDLE : DOES_HALTED;
	if (vcpu->privilege == 3)
		return DOES_USER;
	return is_idle_task ? DOES_IDLE : DOES_KERNEL;
}

static void read_current(const Autopsy *autopsy, Vcpu *vcpu, bool *ret_is_idle)
{
	uint64_t address = fl_guesttask_current(autopsy->image, &autopsy->memory, vcpu->now.number);
	g_autoptr(FlGuestTask) task =
		address ? fl_guesttask_read(autopsy->image, &autopsy->memory, address) : NULL;

	if (!task)
		return;
	vcpu->task = fl_guesttask_name(task);
	*ret_is_idle = task->pid == 0;
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
static void note_look(Vcpu *vcpu)
{
	if (vcpu->does != DOES_KERNEL || !vcpu->frames || !*vcpu->frames)
		g_ptr_array_add(vcpu->looks, g_strdup(does_names[vcpu->does]));
	else
		g_ptr_array_add(vcpu->looks, fl_stack_function(*vcpu->frames));
	if (vcpu->does == DOES_KERNEL)
		vcpu->steady = functions_of(vcpu->frames);
}

/* What was seen of the same vCPU at the looks before. */
static void go_on_from(Vcpu *vcpu, const Vcpu *before)
{
	g_auto(GStrv) steady = vcpu->steady;

	for (guint i = before->looks->len; i > 0; i--)
		g_ptr_array_insert(vcpu->looks, 0, g_strdup(before->looks->pdata[i - 1]));
	vcpu->steady = in_both(steady, before->steady);
}

static void read_vcpu(Autopsy *autopsy, const FlVcpu *now)
{
	Vcpu *vcpu = g_new0(Vcpu, 1);
	FlUnwind at = {.ip = now->ip,
		       .sp = now->sp,
		       .bp = now->bp,
		       .r10 = now->r10,
		       .r13 = now->r13,
		       .di = now->di,
		       .dx = now->dx,
		       .has_registers = true,
		       .exact = true};
	bool is_idle = false;
	uint64_t before;

	vcpu->now = *now;
	vcpu->looks = g_ptr_array_new_with_free_func(g_free);
	if (autopsy->has_memory)
		read_current(autopsy, vcpu, &is_idle);
	if (autopsy->has_memory && now->privilege != 3)
		vcpu->frames = fl_unwind(autopsy->image, &autopsy->memory, at);
	vcpu->does = what_it_does(now, is_idle);
	note_look(vcpu);
	vcpu->has_time = ms_of(autopsy->spec->before_ms, now->number, &before) &&
			 ms_of(autopsy->spec->now_ms, now->number, &vcpu->host_ms);
	if (vcpu->has_time)
		vcpu->host_ms -= before;
	g_ptr_array_add(autopsy->vcpus, vcpu);
}

static void read_vcpus(Autopsy *autopsy, const char *registers)
{
	g_autoptr(GArray) vcpus = fl_vcpu_parse(registers);

	for (guint i = 0; i < vcpus->len; i++)
		read_vcpu(autopsy, &g_array_index(vcpus, FlVcpu, i));
}

/* Reads what the vCPUs do now, and adds what they did before. */
static void look(Autopsy *autopsy, const char *registers)
{
	g_autoptr(GPtrArray) before = g_steal_pointer(&autopsy->vcpus);

	autopsy->vcpus = g_ptr_array_new_with_free_func(vcpu_free);
	read_vcpus(autopsy, registers);
	for (guint i = 0; i < MIN(before->len, autopsy->vcpus->len); i++)
		go_on_from(autopsy->vcpus->pdata[i], before->pdata[i]);
}

static void read_looks(Autopsy *autopsy)
{
	const FlAutopsySpec *spec = autopsy->spec;

	read_vcpus(autopsy, spec->now ? spec->now : "");
	if (!autopsy->vcpus->len)
		not_known(autopsy, "QEMU did not tell the registers: what the vCPUs do");
	for (unsigned i = 1; i < FL_AUTOPSY_LOOKS && autopsy->vcpus->len && spec->look_again; i++) {
		g_autofree char *registers = spec->look_again(spec->data);

		if (!registers)
			break;
		look(autopsy, registers);
	}
}

/* ---- what it means ---- */

static const Blocked *blocked_by(const Autopsy *autopsy, const FlGuestTask *task)
{
	for (guint i = 0; task && i < autopsy->blocked->len; i++) {
		const Blocked *blocked = autopsy->blocked->pdata[i];

		if (blocked->task == task)
			return blocked;
	}
	return NULL;
}

/* From one that waits along the holders to the one where it ends; ret_circle: it never does. */
static const Blocked *root_of(const Autopsy *autopsy, const Blocked *from, bool *ret_circle)
{
	const Blocked *at = from;

	*ret_circle = false;
	for (guint i = 0; i <= autopsy->blocked->len; i++) {
		const Blocked *next = blocked_by(autopsy, at->wait->owner);

		if (!next || !next->wait)
			return at;
		at = next;
	}
	*ret_circle = true;
	return at;
}

/* The task to speak of: one that waits for a lock, of a program rather than of the kernel. */
static const Blocked *telling(const Autopsy *autopsy)
{
	const Blocked *best = NULL;

	for (guint i = 0; i < autopsy->blocked->len; i++) {
		const Blocked *blocked = autopsy->blocked->pdata[i];
		int rank = 2 * !!blocked->wait + !blocked->task->kernel_thread;

		if (!best || rank > 2 * !!best->wait + !best->task->kernel_thread)
			best = blocked;
	}
	return best;
}

/* The function that sleeps, below the scheduler and the lock's own code. */
static char *sleeps_in(char **frames)
{
	static const char *const machinery[] = {
		"__schedule", "schedule", "preempt_schedule", "io_schedule", "rwsem_",	 "down_",
		"__down",     "__mutex",  "mutex_",	      "__ww_mutex",  "ww_mutex", "__switch",
		"0x"};

	for (; *frames; frames++) {
		g_autofree char *name = fl_stack_function(*frames);
		bool skip = false;

		for (size_t i = 0; i < G_N_ELEMENTS(machinery); i++)
			skip = skip || g_str_has_prefix(name, machinery[i]);
		if (!skip)
			return g_steal_pointer(&name);
	}
	return g_strdup("the scheduler");
}

static char *wait_sentence(const Blocked *blocked)
{
	g_autofree char *name = fl_guesttask_name(blocked->task);
	g_autofree char *in = sleeps_in(blocked->frames);

	if (!blocked->wait)
		return g_strdup_printf("task %s sleeps in %s for something that is no lock", name,
				       in);
	return g_strdup_printf("task %s waits in %s for %s, %s%s%s", name, in, blocked->wait->name,
			       blocked->wait->held, blocked->wait->taken_in ? "; taken in " : "",
			       blocked->wait->taken_in ? blocked->wait->taken_in : "");
}

static char *circle_sentence(const Autopsy *autopsy, const Blocked *from)
{
	GString *out = g_string_new(NULL);
	const Blocked *at = from;

	do {
		g_autofree char *sentence = wait_sentence(at);

		g_string_append_printf(out, "%s%s", out->len ? "; " : "", sentence);
		at = blocked_by(autopsy, at->wait->owner);
	} while (at && at->wait && at != from);
	return g_string_free(out, FALSE);
}

static const Vcpu *first_that(const Autopsy *autopsy, Does does)
{
	for (guint i = 0; i < autopsy->vcpus->len; i++) {
		const Vcpu *vcpu = autopsy->vcpus->pdata[i];

		if (vcpu->does == does)
			return vcpu;
	}
	return NULL;
}

/* Every vCPU that wants to run was given no time at all. */
static bool is_starved(const Autopsy *autopsy)
{
	bool wants = false;

	for (guint i = 0; i < autopsy->vcpus->len; i++) {
		const Vcpu *vcpu = autopsy->vcpus->pdata[i];

		if (vcpu->does != DOES_KERNEL && vcpu->does != DOES_USER)
			continue;
		if (!vcpu->has_time || vcpu->host_ms)
			return false;
		wants = true;
	}
	return wants;
}

/* Whether the holder of a lock could still give it back: it runs, or sleeps for something else. */
static bool can_release(const FlLockwait *wait, const FlGuestTask *waiter)
{
	return wait->owner && wait->owner != waiter && !wait->owner_is_reader;
}

static const char *rule_blocked(const Autopsy *autopsy, const Blocked *blocked, char **ret_sentence)
{
	bool circle;
	const Blocked *root;

	if (!blocked->wait) {
		*ret_sentence = wait_sentence(blocked);
		return "blocked";
	}
	root = root_of(autopsy, blocked, &circle);
	*ret_sentence = circle ? circle_sentence(autopsy, root) : wait_sentence(root);
	return circle || !can_release(root->wait, root->task) ? "deadlock" : "lock-held";
}

/* The innermost function in which it was at every look, else where it is. */
static char *place_of(const Vcpu *vcpu)
{
	if (vcpu->steady && *vcpu->steady)
		return g_strdup(*vcpu->steady);
	return vcpu->frames && *vcpu->frames ? fl_stack_function(*vcpu->frames) : g_strdup("?");
}

static char *vcpu_sentence(const Vcpu *vcpu, const char *what)
{
	g_autofree char *in = place_of(vcpu);

	return g_strdup_printf("vCPU %u %s in %s%s%s", vcpu->now.number, what, in,
			       vcpu->task ? ", task " : "", vcpu->task ? vcpu->task : "");
}

/* Seen often enough to say that it does not come out of where it is. */
static bool stays(const Vcpu *vcpu)
{
	if (vcpu->looks->len < FL_AUTOPSY_LOOKS)
		return false;
	if (vcpu->does == DOES_KERNEL && vcpu->steady && *vcpu->steady)
		return true;
	for (guint i = 0; i < vcpu->looks->len; i++)
		if (strcmp(vcpu->looks->pdata[i], vcpu->looks->pdata[0]) != 0)
			return false;
	return vcpu->does == DOES_KERNEL || vcpu->does == DOES_USER;
}

static const Vcpu *first_that_stays(const Autopsy *autopsy, Does does)
{
	for (guint i = 0; i < autopsy->vcpus->len; i++) {
		const Vcpu *vcpu = autopsy->vcpus->pdata[i];

		if (vcpu->does == does && stays(vcpu))
			return vcpu;
	}
	return NULL;
}

static char *busy_sentence(const Vcpu *vcpu)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "vCPU %u runs%s%s, seen in", vcpu->now.number,
			       vcpu->task ? " task " : "", vcpu->task ? vcpu->task : "");
	for (guint i = 0; i < vcpu->looks->len; i++)
		g_string_append_printf(out, "%s %s", i ? "," : "",
				       (const char *)vcpu->looks->pdata[i]);
	return g_string_free(out, FALSE);
}

static const char *rule_running(const Autopsy *autopsy, char **ret_sentence)
{
	const Vcpu *vcpu;

	if ((vcpu = first_that_stays(autopsy, DOES_KERNEL))) {
		*ret_sentence = vcpu_sentence(vcpu, "runs in the kernel without an end,");
		return "livelock";
	}
	if ((vcpu = first_that_stays(autopsy, DOES_USER))) {
		*ret_sentence = g_strdup_printf(
			"vCPU %u runs in user space%s%s and nothing comes of it", vcpu->now.number,
			vcpu->task ? ", task " : "", vcpu->task ? vcpu->task : "");
		return "user-livelock";
	}
	if (!(vcpu = first_that(autopsy, DOES_KERNEL)))
		vcpu = first_that(autopsy, DOES_USER);
	if (!vcpu)
		return NULL;
	*ret_sentence = busy_sentence(vcpu);
	return "busy";
}

static const char *rule_vcpus(const Autopsy *autopsy, char **ret_sentence)
{
	const Vcpu *vcpu = first_that(autopsy, DOES_HALTED);
	const char *kind = NULL;

	if (!vcpu || first_that(autopsy, DOES_KERNEL))
		kind = rule_running(autopsy, ret_sentence);
	if (kind)
		return kind;
	if (vcpu) {
		*ret_sentence = vcpu_sentence(vcpu, "is halted for ever with interrupts off");
		return "dead-cpu";
	}
	if (!autopsy->vcpus->len) {
		*ret_sentence = g_strdup("the guest could not be looked at");
		return "unknown";
	}
	*ret_sentence = g_strdup_printf("every vCPU idles%s",
					autopsy->tasks ? " and no task is blocked" : "");
	return "idle";
}

static const char *rule(const Autopsy *autopsy, char **ret_sentence)
{
	const Blocked *blocked = telling(autopsy);

	if (is_starved(autopsy)) {
		*ret_sentence = g_strdup("the host gave the vCPUs no time to run");
		return "starved";
	}
	/* A thread of the kernel that sleeps tells little while a vCPU spins. */
	if (blocked && (blocked->wait || !first_that(autopsy, DOES_KERNEL)))
		return rule_blocked(autopsy, blocked, ret_sentence);
	return rule_vcpus(autopsy, ret_sentence);
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

static json_t *tasks_json(const Autopsy *autopsy, FlSymbolize *symbols)
{
	json_t *array = json_array();

	for (guint i = 0; i < autopsy->blocked->len; i++) {
		const Blocked *blocked = autopsy->blocked->pdata[i];
		g_autofree char *name = fl_guesttask_name(blocked->task);

		json_array_append_new(
			array, json_pack("{s:o, s:s%, s:o, s:o}", "task", fl_json_string(name),
					 "state", &blocked->task->state, (size_t)1, "lock",
					 lock_json(blocked->wait), "frames",
					 frames_json(symbols, blocked->frames, false)));
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

static json_t *vcpus_json(const Autopsy *autopsy, FlSymbolize *symbols)
{
	json_t *array = json_array();

	for (guint i = 0; i < autopsy->vcpus->len; i++) {
		const Vcpu *vcpu = autopsy->vcpus->pdata[i];

		json_array_append_new(
			array, json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "cpu",
					 (int)vcpu->now.number, "does", does_names[vcpu->does],
					 "task", fl_json_string_or_null(vcpu->task), "host_ms",
					 vcpu->has_time ? json_integer((json_int_t)vcpu->host_ms)
							: json_null(),
					 "frames", frames_json(symbols, vcpu->frames, true),
					 "looks", looks_json(vcpu->looks)));
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
	autopsy.blocked = g_ptr_array_new_with_free_func(blocked_free);
	autopsy.vcpus = g_ptr_array_new_with_free_func(vcpu_free);
	open_kernel(&autopsy);
	read_looks(&autopsy);
	read_tasks(&autopsy);
	kind = rule(&autopsy, &sentence);
	if (autopsy.image)
		symbols = fl_symbolize_open(spec->vmlinux, spec->modules, NULL);
	return json_pack("{s:s, s:o, s:o, s:O, s:o, s:o}", "kind", kind, "sentence",
			 fl_json_string(sentence), "why", fl_json_string_or_null(spec->why),
			 "unknown", autopsy.unknown, "vcpus", vcpus_json(&autopsy, symbols),
			 "tasks", tasks_json(&autopsy, symbols));
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
